/** How a literal is shown where it is not being edited. */

import type { Literal } from "../graph/document/model";
import { valueText } from "../graph/document/write";
import type { Widget } from "../graph/types/nodeType";

/** Numbers have as many digits as their step asks for; the rest is shown as it is written. */
export function showValue(widget: Widget, value: Literal | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (widget.kind === "float" && (typeof value === "number" || typeof value === "bigint"))
    return showFloat(Number(value), widget.step);
  return typeof value === "bigint" ? String(value) : valueText(value);
}

/** How far a bounded number is along its range, 0 to 1; null where it has no two ends that a hand could slide between. */
export function fraction(widget: Widget, value: Literal | undefined): number | null {
  if (widget.kind !== "int" && widget.kind !== "float") return null;
  const [low, high] = [widget.low, widget.high];
  if (low === null || high === null || (typeof value !== "number" && typeof value !== "bigint")) return null;
  const [from, to, at] = [Number(low), Number(high), Number(value)];
  const steps = (to - from) / Number(widget.step ?? (widget.kind === "int" ? 1 : 0.01));
  if (!(to > from) || steps > MOST_STEPS) return null;
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** A field is some 200 pixels wide: a hand cannot choose among many more. */
const MOST_STEPS = 1000;

function showFloat(value: number, step: number | null): string {
  if (step === null) return String(value);
  const digits = Math.min(6, Math.max(1, Math.ceil(-Math.log10(step) - 1e-9)));
  const rounded = value.toFixed(digits);
  return Number(rounded) === value ? rounded : String(value);
}
