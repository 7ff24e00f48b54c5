/** Undo and redo: documents are never changed, so the past is the list of what they were. */

export interface Step<T> {
  /** The state before the step. */
  readonly before: T;
  /** What was done, as a key of the translations. */
  readonly label: string;
}

export interface History<T> {
  readonly past: readonly Step<T>[];
  readonly present: T;
  /** The states that were undone, the next one last. */
  readonly future: readonly Step<T>[];
  /** What may still grow the last step: a key, and when it last did so in milliseconds. */
  readonly open: { readonly key: string; readonly at: number } | null;
}

export interface Doing {
  readonly label: string;
  /** Steps with the same key in a row are one step: typing into one field, one drag. */
  readonly merge?: string;
  readonly at: number;
}

const LONGEST = 1000;
/** A pause of this many milliseconds ends a row of steps that would be one. */
const PAUSE = 1500;

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], open: null };
}

/** Go on to the next state. Nothing happens where it is the present one. */
export function record<T>(history: History<T>, next: T, { label, merge, at }: Doing): History<T> {
  if (next === history.present) return history;
  const open = merge === undefined ? null : { key: merge, at };
  const last = history.past.at(-1);
  const grows =
    merge !== undefined && history.open?.key === merge && at - history.open.at < PAUSE && history.future.length === 0;
  if (grows && last) return { past: history.past, present: next, future: [], open };
  const past = [...history.past, { before: history.present, label }];
  return { past: past.length > LONGEST ? past.slice(past.length - LONGEST) : past, present: next, future: [], open };
}

/** End a row of merged steps: the field lost its focus, the drag is over. */
export function seal<T>(history: History<T>): History<T> {
  return history.open === null ? history : { ...history, open: null };
}

export function undo<T>(history: History<T>): History<T> {
  const step = history.past.at(-1);
  if (!step) return history;
  const future = [...history.future, { before: history.present, label: step.label }];
  return { past: history.past.slice(0, -1), present: step.before, future, open: null };
}

export function redo<T>(history: History<T>): History<T> {
  const step = history.future.at(-1);
  if (!step) return history;
  const past = [...history.past, { before: history.present, label: step.label }];
  return { past, present: step.before, future: history.future.slice(0, -1), open: null };
}

/** What undo and redo would do, or null. */
export function undoLabel(history: History<unknown>): string | null {
  return history.past.at(-1)?.label ?? null;
}

export function redoLabel(history: History<unknown>): string | null {
  return history.future.at(-1)?.label ?? null;
}
