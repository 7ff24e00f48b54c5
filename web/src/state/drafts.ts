/** Autosave: what was not saved yet is kept in this browser at once, and on the server soon after. */

import { create } from "zustand";

import type { Workflow } from "../graph/document/model";
import { ServerError } from "../wire/http";
import type { DraftEntry } from "../wire/schema.gen";
import { deleteDraft, fetchDraft, fetchDrafts, fetchWorkflow, saveDraft } from "./api/library";
import { useConnection, whenOnline } from "./connection";
import type { Copies } from "./copies";
import { closeDocument, documentWith, isUnsaved, openDocument, useDocuments, type OpenDocument } from "./documents";
import { openWith } from "./library";
import { attempt, tellProblem } from "./notices";

interface Drafts {
  /** What the server keeps that no tab shows, such as after a crash of another browser. */
  readonly drafts: readonly DraftEntry[];
  /** Documents whose newest state is not yet on the server, as a draft or saved. */
  readonly pending: ReadonlySet<string>;
}

export const useDrafts = create<Drafts>()(() => ({ drafts: [], pending: new Set() }));

const LOCAL_PAUSE = 250;
const SERVER_PAUSE = 1500;
const NEW = /^untitled-[0-9a-f]+$/;

/** The name under which the draft of a document lies: its own, or one that nobody else has. */
export function draftNameOf({ id, name, template }: Pick<OpenDocument, "id" | "name" | "template">): string {
  return name === null || template ? `untitled-${id}` : name;
}

/** Is this the draft of something that never had a name? */
export function isNew(draft: string): boolean {
  return NEW.test(draft);
}

let keeper: Keeper | null = null;

/** Keep what is edited from now on. Returns how to stop; what waits is kept first. */
export function followDrafts(copies: Copies): () => void {
  const mine = new Keeper(copies);
  keeper = mine;
  return () => {
    mine.stop();
    if (keeper === mine) keeper = null;
  };
}

/** Keep everything now, such as before the page goes away. */
export async function flushDrafts(): Promise<void> {
  await keeper?.flush();
}

/** Close a tab. What was not saved stays among the drafts, or is thrown away. */
export async function closeTab(id: string, unsaved: "keep" | "discard" = "keep"): Promise<void> {
  const document = documentWith(id);
  if (!document) return;
  closeDocument(id);
  await keeper?.close(document, unsaved);
  await loadDrafts();
}

export async function loadDrafts(): Promise<void> {
  const drafts = await attempt("loadDrafts", fetchDrafts);
  if (!drafts) return;
  const open = new Set(useDocuments.getState().open.map(draftNameOf));
  useDrafts.setState({ drafts: drafts.filter(({ name }) => !open.has(name)) });
}

/** Open a draft in a tab: upon what was saved, so that undoing shows that. */
export async function openDraft(name: string): Promise<void> {
  await attempt("openDraft", async () => {
    const draft = await fetchDraft(name);
    if (isNew(name)) openDocument({ id: name.slice("untitled-".length), name: null, workflow: draft.workflow });
    else if (draft.base === null) openDocument({ name: null, workflow: draft.workflow });
    else openWith(await fetchWorkflow(name, "own"), draft);
  });
  await loadDrafts();
}

export async function discardDraft(name: string): Promise<void> {
  await attempt("discardDraft", () => deleteDraft(name));
  await loadDrafts();
}

interface Kept {
  /** The last state that was dealt with. */
  present: Workflow;
  revision: string | null;
  wanted: boolean;
  /** The name of its draft on the server, if there may be one. */
  draft: string | null;
  localTimer?: ReturnType<typeof setTimeout> | undefined;
  serverTimer?: ReturnType<typeof setTimeout> | undefined;
  /** What is asked of the server about one document goes one after the other. */
  tail: Promise<void>;
}

class Keeper {
  private readonly kept = new Map<string, Kept>();
  private readonly stops: readonly (() => void)[];
  private told = false;

  constructor(private readonly copies: Copies) {
    this.look();
    this.stops = [useDocuments.subscribe(() => this.look()), whenOnline(() => void this.flush())];
  }

  stop(): void {
    this.stops.forEach((stop) => stop());
    for (const kept of this.kept.values()) clearTimers(kept);
  }

  async flush(): Promise<void> {
    const { pending } = useDrafts.getState();
    await Promise.all([...pending].map((id) => this.keep(id)));
  }

  async close(document: OpenDocument, unsaved: "keep" | "discard"): Promise<void> {
    const { id } = document;
    const kept = this.kept.get(id);
    if (!kept) return;
    clearTimers(kept);
    if (unsaved === "keep" && isUnsaved(document)) await this.store(id, document, kept);
    else await this.clear(id, kept);
    // A copy that the server could not take stays in the browser until the same tab is opened again.
    if (!useDrafts.getState().pending.has(id)) await this.local(() => this.copies.delete(id));
    this.kept.delete(id);
    setPending(id, false);
  }

  private look(): void {
    for (const document of useDocuments.getState().open) this.lookAt(document);
  }

  private lookAt(document: OpenDocument): void {
    const { id, revision, history } = document;
    const { present, past } = history;
    const wanted = isUnsaved(document) && (present.nodes.size > 0 || past.length > 0);
    const known = this.kept.get(id);
    if (known?.present === present && known.revision === revision && known.wanted === wanted) return;
    const draft = wanted ? draftNameOf(document) : null; // one of before may be there
    const kept = Object.assign(known ?? { draft, tail: Promise.resolve() }, { present, revision, wanted });
    this.kept.set(id, kept);
    clearTimers(kept);
    if (wanted) this.keepSoon(id, kept);
    else if (known) void this.clear(id, kept);
  }

  private keepSoon(id: string, kept: Kept): void {
    setPending(id, true);
    kept.localTimer = setTimeout(() => void this.copy(id), LOCAL_PAUSE);
    kept.serverTimer = setTimeout(() => void this.keep(id), SERVER_PAUSE);
  }

  private async copy(id: string): Promise<void> {
    const document = documentWith(id);
    if (!document || !isUnsaved(document)) return;
    const { revision: base, history } = document;
    await this.local(() => this.copies.put(id, { base, at: Date.now(), workflow: history.present }));
  }

  private async keep(id: string): Promise<void> {
    const [document, kept] = [documentWith(id), this.kept.get(id)];
    if (!document || !kept || !isUnsaved(document)) return;
    clearTimers(kept);
    await this.copy(id);
    if (useConnection.getState().status !== "login") await this.store(id, document, kept);
  }

  /** Put the draft on the server; where that fails it stays pending until the server is back. */
  private store(id: string, document: OpenDocument, kept: Kept): Promise<void> {
    const name = draftNameOf(document);
    const { revision, template, history } = document;
    kept.tail = kept.tail.then(async () => {
      try {
        if (kept.draft !== null && kept.draft !== name) await gone(kept.draft);
        await saveDraft(name, history.present, template ? null : revision);
        kept.draft = name;
        if (kept.present === history.present) setPending(id, false);
      } catch (error) {
        this.refused(error);
      }
    });
    return kept.tail;
  }

  /** It is saved, or as it was: neither copy is needed. */
  private clear(id: string, kept: Kept): Promise<void> {
    setPending(id, false);
    kept.tail = kept.tail.then(async () => {
      const { draft } = kept;
      kept.draft = null;
      try {
        if (draft !== null) await gone(draft);
      } catch (error) {
        this.refused(error);
      }
      await this.local(() => this.copies.delete(id));
    });
    return kept.tail;
  }

  /** Tell once that drafts cannot be kept; being offline is told by the line under the top bar. */
  private refused(error: unknown): void {
    if (!(error instanceof ServerError)) throw error;
    if (error.status === 0 || error.status === 401 || this.told) return;
    this.told = true;
    tellProblem("saveDraft", error);
  }

  private async local(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (!this.told) tellProblem("keepLocally", new ServerError(200, [{ code: error.name, message: error.message }]));
      this.told = true;
    }
  }
}

async function gone(draft: string): Promise<void> {
  await deleteDraft(draft).catch((error: unknown) => {
    if (!(error instanceof ServerError && error.status === 404)) throw error;
  });
}

function setPending(id: string, is: boolean): void {
  useDrafts.setState(({ pending }) => {
    if (pending.has(id) === is) return {};
    const next = new Set(pending);
    if (is) next.add(id);
    else next.delete(id);
    return { pending: next };
  });
}

function clearTimers(kept: Kept): void {
  clearTimeout(kept.localTimer);
  clearTimeout(kept.serverTimer);
  kept.localTimer = kept.serverTimer = undefined;
}
