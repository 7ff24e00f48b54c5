/** What rows of jobs have in common. */

import i18next from "i18next";

import { activate, useDocuments } from "../../state/documents";
import { goTo } from "../../state/place";
import { documentOf } from "../../state/runs";
import type { Job } from "../../wire/schema.gen";

export function nameOf({ name }: Job): string {
  return name ?? i18next.t("untitled");
}

/** Bring the tab to the front whose run a job is; false where it is not open here. */
export function activateDocument(job: Job): boolean {
  const id = documentOf(job);
  if (id === null || !useDocuments.getState().open.some((each) => each.id === id)) return false;
  activate(id);
  goTo({ view: "graph" });
  return true;
}
