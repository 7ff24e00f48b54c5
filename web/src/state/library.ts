/** The workflows that the server keeps: one's own in folders, the templates, the bin, and what each was before. */

import { create } from "zustand";

import { registryFrom } from "../graph/types/fromWire";
import type { Workflow } from "../graph/document/model";
import { ServerError } from "../wire/http";
import type { DeletedEntry, RevisionEntry, WorkflowEntry } from "../wire/schema.gen";
import { fetchNodes } from "./api/files";
import {
  deleteWorkflow,
  duplicateWorkflow,
  emptyBin as emptyOnServer,
  fetchBin,
  fetchDraft,
  fetchLibrary,
  fetchRevision,
  fetchRevisions,
  fetchWorkflow,
  forgetDeleted,
  renameWorkflow,
  restoreDeleted as restoreOnServer,
  restoreRevision as restoreOld,
  type Draft,
  type Fetched,
  type Source,
} from "./api/library";
import { documentWith, editDocument, noteMoved, noteSaved, openDocument, useDocuments } from "./documents";
import { attempt, tell } from "./notices";
import { setRegistry } from "./registry";

interface Library {
  readonly workflows: readonly WorkflowEntry[];
  readonly bin: readonly DeletedEntry[];
  readonly loaded: boolean;
  /** What went wrong last, in the server's words; null while all is well. */
  readonly trouble: ServerError | null;
}

export const useLibrary = create<Library>()(() => ({ workflows: [], bin: [], loaded: false, trouble: null }));

/** Ask for node types and workflows. What fails is told in `trouble` and can be tried again. */
export async function load(): Promise<void> {
  await guarded(async () => {
    const [nodes, { workflows }] = await Promise.all([fetchNodes(), fetchLibrary()]);
    setRegistry(registryFrom(nodes));
    useLibrary.setState({ workflows, loaded: true });
  });
}

export async function refreshLibrary(): Promise<void> {
  await guarded(async () => useLibrary.setState({ workflows: (await fetchLibrary()).workflows, loaded: true }));
}

/** Open a workflow of the library, with what was not saved of it; undoing that shows it as it was saved. */
export async function openFromLibrary(name: string, source?: Source): Promise<void> {
  (await readyToOpen(name, source))?.();
}

/** Fetch what opening a workflow takes. Returns how to open it at once; null where the server refused, which `trouble` tells. */
export async function readyToOpen(name: string, source?: Source): Promise<(() => void) | null> {
  let open: (() => void) | null = null;
  await guarded(async () => {
    const saved = await fetchWorkflow(name, source);
    const draft = saved.draft && !saved.template ? await fetchDraft(name) : null;
    open = () => openWith(saved, draft);
  });
  return open;
}

/** Open a saved workflow in a tab; what was made of another revision than the newest will be a conflict when saved. */
export function openWith(saved: Fetched, unsaved: Pick<Draft, "base" | "workflow"> | null, id?: string): string {
  const { name, template, workflow } = saved;
  const revision = unsaved?.base ?? saved.revision;
  const opened = openDocument({ name, template, revision, workflow, ...(id === undefined ? {} : { id }) });
  const fresh = documentWith(opened)?.history.past.length === 0;
  if (unsaved && fresh) editDocument(opened, "restoreDraft", () => unsaved.workflow);
  return opened;
}

/** Give a workflow another name or folder: `portraits/evening`. */
export async function renameInLibrary(name: string, to: string): Promise<boolean> {
  const moved = await attempt("renameWorkflow", () => renameWorkflow(name, to));
  if (!moved) return false;
  noteMoved(name, moved.name, moved.revision);
  await refreshLibrary();
  return true;
}

/** Move a workflow into a folder; the empty text is the top. */
export async function moveToFolder(name: string, folder: string): Promise<boolean> {
  const last = name.split("/").at(-1) ?? name;
  return renameInLibrary(name, folder === "" ? last : `${folder}/${last}`);
}

export async function duplicateInLibrary(name: string, to: string, source?: Source): Promise<boolean> {
  const made = await attempt("duplicateWorkflow", () => duplicateWorkflow(name, to, source));
  if (made) await refreshLibrary();
  return made !== undefined;
}

/** Put a workflow into the bin. Its tabs stay open as something that was never saved. */
export async function deleteFromLibrary(name: string): Promise<boolean> {
  const thing = await attempt("deleteWorkflow", () => deleteWorkflow(name));
  if (!thing) return false;
  noteMoved(name, null, null);
  tell("deleteWorkflow", () => void restoreFromBin(thing.id));
  await Promise.all([refreshLibrary(), loadBin()]);
  return true;
}

export async function loadBin(): Promise<void> {
  const bin = await attempt("loadBin", fetchBin);
  if (bin) useLibrary.setState({ bin });
}

/** Take a workflow out of the bin, under its old name or another. */
export async function restoreFromBin(id: string, to: string | null = null): Promise<boolean> {
  const back = await attempt("restoreDeleted", () => restoreOnServer(id, to));
  if (back) await Promise.all([refreshLibrary(), loadBin()]);
  return back !== undefined;
}

/** Throw a workflow in the bin away for good, or all of them. */
export async function emptyBin(id?: string): Promise<void> {
  await attempt("emptyBin", () => (id === undefined ? emptyOnServer() : forgetDeleted(id)));
  await loadBin();
}

/** The states that a workflow had, the newest first; undefined where the server did not say. */
export function revisionsOf(name: string): Promise<readonly RevisionEntry[] | undefined> {
  return attempt("loadRevisions", () => fetchRevisions(name));
}

/** A workflow as it was, to be looked at or compared. */
export function revisionOf(name: string, revision: string): Promise<Workflow | undefined> {
  return attempt("loadRevision", () => fetchRevision(name, revision));
}

/** Bring a revision back, on the server and in the tab that is open; there it can be undone. */
export async function restoreRevision(name: string, revision: string): Promise<boolean> {
  const open = useDocuments.getState().open.find((each) => each.name === name && !each.template);
  const before = await attempt("restoreRevision", async () => {
    const expected = open?.revision ?? (await fetchWorkflow(name, "own")).revision;
    const now = await restoreOld(name, revision, expected);
    if (!open) return expected;
    editDocument(open.id, "restoreRevision", () => now.workflow);
    noteSaved(open.id, name, now.revision, now.workflow);
    return expected;
  });
  if (before === undefined) return false;
  tell("restoreRevision", () => void restoreRevision(name, before));
  await refreshLibrary();
  return true;
}

export interface Folder {
  /** The empty text is the top. */
  readonly name: string;
  readonly workflows: readonly WorkflowEntry[];
}

/** One's own workflows by folder, the top first, folders by name. */
export function foldersOf(workflows: readonly WorkflowEntry[]): readonly Folder[] {
  const own = workflows.filter((each) => !each.template);
  const names = [...new Set(["", ...own.map(({ folder }) => folder)])].sort((one, other) => one.localeCompare(other));
  return names.map((name) => ({ name, workflows: own.filter(({ folder }) => folder === name) }));
}

async function guarded(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
    useLibrary.setState({ trouble: null });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    useLibrary.setState({ trouble: error });
  }
}
