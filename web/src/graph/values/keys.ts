/** What keys do to a number that has the focus. */

import { clamped, limits, nudged, type NumberWidget, type Pace } from "./number";

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
};

export type KeyMeans =
  | { readonly kind: "value"; readonly value: bigint | number }
  /** Begin to type, with this already there; null with what stands there. */
  | { readonly kind: "type"; readonly text: string | null };

export function keyMeans(
  widget: NumberWidget,
  now: bigint | number,
  key: string,
  pace: Pace,
  bounded: boolean,
): KeyMeans | null {
  const steps = STEPS[key];
  if (steps !== undefined) return { kind: "value", value: nudged(widget, now, steps, pace) };
  if (key === "Enter" || key === "F2") return { kind: "type", text: null };
  if (key === "Backspace" || key === "Delete") return { kind: "type", text: "" };
  if (/^[\d.,(-]$/.test(key)) return { kind: "type", text: key };
  const [low, high] = endsOf(widget);
  const end = !bounded ? null : key === "Home" ? low : key === "End" ? high : null;
  return end === null ? null : { kind: "value", value: clamped(widget, end) };
}

/** The least and the greatest that fits, where there is one. */
export function endsOf(widget: NumberWidget): readonly [bigint | number | null, bigint | number | null] {
  if (widget.kind !== "seed") return [widget.low, widget.high];
  const { low, high } = limits(widget);
  return [low, high];
}
