/** Lists of values: how one is written on a line, and what a new value is. */

import type { Literal } from "../document/model";
import type { Widget } from "../types/nodeType";
import { clamped } from "./number";

export function listOf(value: Literal | undefined): readonly Literal[] {
  return Array.isArray(value) ? (value as readonly Literal[]) : value === undefined ? [] : [value];
}

/** What comes after the last value: a number one step of the list further, else an empty one. */
export function nextOf(values: readonly Literal[], widget: Widget): Literal {
  const [last, before] = [values.at(-1), values.at(-2)];
  switch (widget.kind) {
    case "seed":
    case "int":
      if (typeof last !== "bigint") return clamped(widget, 0n);
      return clamped(widget, last + (typeof before === "bigint" ? last - before : 1n));
    case "float": {
      const step = typeof last === "number" && typeof before === "number" ? last - before : 0;
      return clamped(widget, typeof last === "number" ? Number((last + step).toPrecision(12)) : 0);
    }
    case "switch":
      return false;
    case "choice":
      return widget.options[0] ?? "";
    default:
      return "";
  }
}

/** The list with one value moved to another place. */
export function movedIn(values: readonly Literal[], from: number, to: number): readonly Literal[] {
  const value = values[from];
  if (value === undefined || to < 0 || to >= values.length) return values;
  return values.toSpliced(from, 1).toSpliced(to, 0, value);
}
