/** What the hand holds while masks are painted; it stays the same from one mask to the next. */

import { create } from "zustand";

import type { Brush } from "../../graph/mask/brush";
import type { Look } from "../../graph/mask/picture";

export type Tool = "brush" | "eraser" | "rectangle" | "bucket" | "hand";

interface Tools {
  readonly tool: Tool;
  /** Pixels of the picture. */
  readonly size: number;
  readonly hardness: number;
  readonly strength: number;
  readonly feather: number;
  readonly look: Look;
}

export const LARGEST = 512;

export const useTools = create<Tools>()(() => ({
  tool: "brush",
  size: 48,
  hardness: 0.6,
  strength: 1,
  feather: 0,
  look: "hatch",
}));

export function choose(tools: Partial<Tools>): void {
  useTools.setState(tools);
}

export function resize(direction: 1 | -1): void {
  useTools.setState(({ size }) => {
    const step = Math.max(1, Math.round(size * 0.15));
    return { size: Math.min(LARGEST, Math.max(1, size + direction * step)) };
  });
}

export function harden(direction: 1 | -1): void {
  useTools.setState(({ hardness }) => ({
    hardness: Math.min(1, Math.max(0, Math.round(hardness * 10 + direction) / 10)),
  }));
}

export function brushOf({ size, hardness, strength, tool }: Tools, erase: boolean): Brush {
  return { size, hardness, strength, value: erase || tool === "eraser" ? 0 : 255 };
}

/** A brush as large as the picture is of no use: take one that suits it. */
export function suit({ width, height }: { readonly width: number; readonly height: number }): void {
  const least = Math.min(width, height);
  if (useTools.getState().size > least / 3) choose({ size: Math.max(1, Math.round(least / 8)) });
}
