import { invert } from "../../graph/mask/grid";
import type { Board } from "./board";
import { choose, harden, resize, type Tool } from "./tools";

interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly target: EventTarget;
}

const TOOLS: Readonly<Record<string, Tool>> = { b: "brush", e: "eraser", r: "rectangle", g: "bucket", h: "hand" };

/** Do what a key says in the mask editor; false where it says nothing. */
export function maskKeys(board: Board, { key, ctrlKey, metaKey, shiftKey, target }: Press): boolean {
  if (target instanceof HTMLInputElement && target.type !== "range") return false;
  if (ctrlKey || metaKey) return history(board, key.toLowerCase(), shiftKey);
  const tool = TOOLS[key.toLowerCase()];
  if (tool) {
    choose({ tool });
    return true;
  }
  const does = {
    "[": () => resize(-1),
    "]": () => resize(1),
    "{": () => harden(-1),
    "}": () => harden(1),
    x: () => board.apply(invert),
  }[key.toLowerCase()];
  does?.();
  return does !== undefined;
}

function history(board: Board, key: string, shift: boolean): boolean {
  if (key === "z" && !shift) board.undo();
  else if (key === "y" || key === "z") board.redo();
  else return false;
  return true;
}
