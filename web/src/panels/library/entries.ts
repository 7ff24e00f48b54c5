/** What rows of workflows have in common. */

import { openFromLibrary } from "../../state/library";
import { goTo } from "../../state/place";
import { pathTo } from "../../wire/http";
import type { WorkflowEntry } from "../../wire/schema.gen";

export function titleOf({ title, name }: WorkflowEntry): string {
  return title ?? name.split("/").at(-1) ?? name;
}

/** Where its picture lies, below whatever path the page has; null where it has none. */
export function pictureOf({ name, picture }: WorkflowEntry): string | null {
  return picture === null ? null : pathTo("workflows", name, "picture");
}

/** Open it in a tab and look at its graph. */
export function openEntry({ name, template }: WorkflowEntry): void {
  goTo({ view: "graph" });
  void openFromLibrary(name, template ? "template" : "own");
}

/** Why a name cannot be a workflow's, as a key of the translations; null where it can. */
export function nameTrouble(
  name: string,
  taken: readonly string[],
): "libraryView.taken" | "libraryView.badName" | null {
  if (taken.includes(name)) return "libraryView.taken";
  const parts = name.split("/");
  const bad = parts.some((part) => part.trim() === "" || part.startsWith(".") || /[\\:*?"<>|\p{Cc}]/u.test(part));
  return bad ? "libraryView.badName" : null;
}
