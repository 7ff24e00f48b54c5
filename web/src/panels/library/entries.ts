/** What rows of workflows have in common. */

import { templateWords } from "../../i18n/templates";
import { openFromLibrary } from "../../state/library";
import { goTo } from "../../state/place";
import { pathTo } from "../../wire/http";
import type { WorkflowEntry } from "../../wire/schema.gen";

export function titleOf(entry: WorkflowEntry): string {
  return wordsOf(entry)?.title ?? entry.title ?? entry.name.split("/").at(-1) ?? entry.name;
}

export function descriptionOf(entry: WorkflowEntry): string | null {
  return wordsOf(entry)?.description ?? entry.description;
}

/** A template that ships speaks the language of the page; what somebody wrote stays as it is written. */
function wordsOf({ template, name }: WorkflowEntry) {
  return template ? templateWords(name) : null;
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
