/** Undo and redo of a mask: what an area was and what it became. */

import { cut, paste, type Area, type Grid } from "./grid";

interface Change {
  readonly area: Area;
  readonly before: Uint8ClampedArray<ArrayBuffer>;
  readonly after: Uint8ClampedArray<ArrayBuffer>;
}

export interface MaskHistory {
  readonly past: readonly Change[];
  readonly future: readonly Change[];
}

const MOST_BYTES = 256 * 1024 * 1024;

export const NO_CHANGES: MaskHistory = { past: [], future: [] };

/** Note a change: `before` are the bytes of the whole mask as they were. */
export function noted(
  history: MaskHistory,
  grid: Grid,
  before: Uint8ClampedArray<ArrayBuffer>,
  area: Area,
): MaskHistory {
  const was = cut({ ...grid, data: before }, area);
  const after = cut(grid, area);
  if (was.every((each, index) => each === after[index])) return history;
  const past = [...history.past, { area, before: was, after }];
  let bytes = past.reduce((sum, each) => sum + 2 * each.before.length, 0);
  while (past.length > 1 && bytes > MOST_BYTES) bytes -= 2 * (past.shift()?.before.length ?? 0);
  return { past, future: [] };
}

/** Go one change back, in the bytes too; the area is what must be drawn anew. */
export function undone(
  history: MaskHistory,
  grid: Grid,
): { readonly history: MaskHistory; readonly area: Area } | null {
  const change = history.past.at(-1);
  if (!change) return null;
  paste(grid, change.area, change.before);
  return { history: { past: history.past.slice(0, -1), future: [...history.future, change] }, area: change.area };
}

export function redone(
  history: MaskHistory,
  grid: Grid,
): { readonly history: MaskHistory; readonly area: Area } | null {
  const change = history.future.at(-1);
  if (!change) return null;
  paste(grid, change.area, change.after);
  return { history: { past: [...history.past, change], future: history.future.slice(0, -1) }, area: change.area };
}
