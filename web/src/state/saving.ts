/** Keeping documents: saving under a name, conflicts with somebody else's save, and files that come and go. */

import { create } from "zustand";

import { dump } from "../graph/document/write";
import type { Workflow } from "../graph/document/model";
import { ServerError } from "../wire/http";
import { convertFile } from "./api/jobs";
import { fetchWorkflow, saveWorkflow, type Expected } from "./api/library";
import { documentWith, editDocument, noteSaved, openDocument, useDocuments, type OpenDocument } from "./documents";
import { refreshLibrary } from "./library";
import { attempt, tellProblem } from "./notices";

export type Saving =
  | { readonly kind: "saving" }
  /** Somebody else saved first. `theirs` is what is there now; null where it was deleted. */
  | {
      readonly kind: "conflict";
      readonly name: string;
      readonly theirs: { readonly revision: string; readonly workflow: Workflow } | null;
    };

interface States {
  /** By document; those that are at rest are not here. */
  readonly saving: ReadonlyMap<string, Saving>;
}

export const useSavingStates = create<States>()(() => ({ saving: new Map() }));

export function useSaving(document: string): Saving | null {
  return useSavingStates(({ saving }) => saving.get(document) ?? null);
}

/** `name`: it has none yet, or is a template; ask for one and call `saveAs`. `conflict`: see `useSaving`. */
export type Saved = "saved" | "name" | "conflict" | "failed";

/** Save a document, by default the active one, under the name that it has. */
export async function save(id: string | null = useDocuments.getState().active): Promise<Saved> {
  const document = id === null ? null : documentWith(id);
  if (!document) return "failed";
  if (document.name === null || document.template) return "name";
  return put(document, document.name, document.revision === null ? "any" : { revision: document.revision });
}

/** Save a document under another name; what lies there is only replaced where that is wanted. */
export async function saveAs(
  name: string,
  { id = useDocuments.getState().active, replace = false }: { id?: string | null; replace?: boolean } = {},
): Promise<Saved> {
  const document = id === null ? null : documentWith(id);
  return document ? put(document, name, replace ? "any" : "new") : "failed";
}

/** Settle a conflict: put ours over theirs, or take theirs, which can be undone. For a third way, `saveAs`. */
export async function resolveConflict(id: string, keep: "mine" | "theirs"): Promise<Saved> {
  const [state, document] = [useSavingStates.getState().saving.get(id), documentWith(id)];
  if (state?.kind !== "conflict" || !document) return "failed";
  const { name, theirs } = state;
  if (keep === "mine") return put(document, name, theirs ? { revision: theirs.revision } : "new");
  setSaving(id, null);
  if (!theirs) return "failed";
  editDocument(id, "takeTheirs", () => theirs.workflow);
  noteSaved(id, name, theirs.revision, theirs.workflow);
  return "saved";
}

/** Leave a conflict as it is for now; the next save meets it again. */
export function postponeConflict(id: string): void {
  setSaving(id, null);
}

/** Open what was dropped or picked: workflows, and pictures that hold the one that made them. Returns how many. */
export async function importFiles(files: Iterable<File>): Promise<number> {
  let count = 0;
  for (const file of files) {
    const workflow = await attempt("importFile", () => convertFile(file));
    if (!workflow) continue;
    const name = workflow.name ?? file.name.replace(/\.[^.]+$/, "");
    openDocument({ name: null, workflow: { ...workflow, name } });
    count++;
  }
  return count;
}

/** A document as a file, byte for byte as it would be saved. */
export function fileOf({ name, history: { present } }: Pick<OpenDocument, "name" | "history">): File {
  const called = (name?.split("/").at(-1) ?? present.name ?? "workflow").replace(/[^\p{L}\p{N} ._-]+/gu, "_");
  return new File([dump(present)], `${called}.json`, { type: "application/json" });
}

/** Let the browser keep a document as a file. */
export function exportFile(document: OpenDocument): void {
  const file = fileOf(document);
  const anchor = window.document.createElement("a");
  anchor.href = URL.createObjectURL(file);
  anchor.download = file.name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000); // a slow disk may still read it
}

/** Hand a document to another program where the system can; else it is kept as a file. */
export async function shareFile(document: OpenDocument): Promise<void> {
  const file = fileOf(document);
  const canShare = "canShare" in navigator && navigator.canShare({ files: [file] });
  if (!canShare) {
    exportFile(document);
    return;
  }
  await navigator.share({ files: [file], title: file.name }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error; // changed one's mind
  });
}

async function put({ id, history }: OpenDocument, name: string, expected: Expected): Promise<Saved> {
  const workflow = history.present;
  setSaving(id, { kind: "saving" });
  try {
    const saved = await saveWorkflow(name, workflow, expected);
    noteSaved(id, saved.name, saved.revision, workflow);
    setSaving(id, null);
    void refreshLibrary();
    return "saved";
  } catch (error) {
    setSaving(id, null);
    if (!(error instanceof ServerError)) throw error;
    if (error.status === 409 && expected !== "new") return meet(id, name, error);
    tellProblem("saveWorkflow", error);
    return "failed";
  }
}

/** Show both sides of a conflict. */
async function meet(id: string, name: string, refusal: ServerError): Promise<Saved> {
  try {
    const theirs = refusal.etag === null ? null : await fetchWorkflow(name, "own");
    setSaving(id, { kind: "conflict", name, theirs });
    return "conflict";
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    tellProblem("saveWorkflow", error);
    return "failed";
  }
}

function setSaving(id: string, state: Saving | null): void {
  useSavingStates.setState(({ saving }) => {
    const next = new Map(saving);
    if (state) next.set(id, state);
    else next.delete(id);
    return { saving: next };
  });
}
