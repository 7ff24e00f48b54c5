/** Opening and closing tabs. */

import i18next from "i18next";

import { EMPTY_WORKFLOW } from "../../graph/document/model";
import { activate, isUnsaved, openDocument, useDocuments, type OpenDocument } from "../../state/documents";
import { closeTab as closeKeeping, draftNameOf, openDraft } from "../../state/drafts";
import { openFromLibrary, useLibrary } from "../../state/library";
import { tell } from "../../state/notices";
import { goTo } from "../../state/place";
import type { WorkflowEntry } from "../../wire/schema.gen";
import { descriptionOf as entryDescription, titleOf as entryTitle } from "../library/entries";

export function newTab(): void {
  openDocument({ name: null, workflow: EMPTY_WORKFLOW });
  goTo({ view: "graph", panel: null });
}

/** Close a tab. What is not saved stays as a draft on the server, so that nothing is lost; Undo opens it again. */
export function closeTab(id: string): void {
  const document = useDocuments.getState().open.find((each) => each.id === id);
  if (!document) return;
  const empty = document.history.present.nodes.size === 0;
  const { name, template } = document;
  const unsaved = isUnsaved(document) && !empty;
  void closeKeeping(id, empty ? "discard" : "keep").then(() => {
    if (unsaved) tell("closeUnsaved", () => void openDraft(draftNameOf(document)));
    else if (name !== null) tell("closeTab", () => void openFromLibrary(name, template ? "template" : "own"));
  });
}

export function closeActive(): void {
  const { active } = useDocuments.getState();
  if (active !== null) closeTab(active);
}

export function nextTab(step: 1 | -1): void {
  const { open, active } = useDocuments.getState();
  const at = open.findIndex(({ id }) => id === active);
  const next = open.at((at + step) % open.length);
  if (next) activate(next.id);
}

/** What a document is called; a template that still has its own name, in the language of the page. */
export function titleOf(document: OpenDocument): string {
  const entry = templateOf(document);
  if (entry?.title === document.history.present.name) return entryTitle(entry);
  return document.history.present.name ?? document.name?.split("/").at(-1) ?? i18next.t("untitled");
}

/** What a document says of itself, a template in the language of the page; null where it says nothing. */
export function descriptionOf(document: OpenDocument): string | null {
  const entry = templateOf(document);
  const { description } = document.history.present;
  return entry?.description === description ? entryDescription(entry) : description;
}

function templateOf({ template, name }: OpenDocument): WorkflowEntry | undefined {
  if (!template) return undefined;
  return useLibrary.getState().workflows.find((each) => each.template && each.name === name);
}
