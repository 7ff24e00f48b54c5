/** What the page has to tell in passing: an act that the server refused, or one that can be taken back. */

import { create } from "zustand";

import { ServerError } from "../wire/http";

export interface Notice {
  readonly id: number;
  readonly kind: "problem" | "done";
  /** What was tried, as a key of the translations, such as `saveWorkflow`. */
  readonly act: string;
  /** The server's words; null where the act says it all. */
  readonly message: string | null;
  readonly hint: string | null;
  readonly undo: (() => void) | null;
}

interface Notices {
  readonly notices: readonly Notice[];
}

export const useNotices = create<Notices>()(() => ({ notices: [] }));

let told = 0;

export function tell(act: string, undo: (() => void) | null = null): void {
  add({ kind: "done", act, message: null, hint: null, undo });
}

export function tellProblem(act: string, error: ServerError): void {
  const [first] = error.problems;
  add({ kind: "problem", act, message: error.message, hint: first?.hint ?? null, undo: null });
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((each) => each.id !== id) }));
}

/** Do something that the server may refuse; its refusal becomes a notice, and the answer undefined. */
export async function attempt<T>(act: string, doing: () => Promise<T>): Promise<T | undefined> {
  try {
    return await doing();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    tellProblem(act, error);
    return undefined;
  }
}

/** The same words again take the place of the first: only what can be taken back is told each time. */
function add(notice: Omit<Notice, "id">): void {
  const said = (each: Notice) =>
    each.undo === null && notice.undo === null && each.act === notice.act && each.message === notice.message;
  useNotices.setState(({ notices }) => ({
    notices: [...notices.filter((each) => !said(each)).slice(-4), { ...notice, id: ++told }],
  }));
}
