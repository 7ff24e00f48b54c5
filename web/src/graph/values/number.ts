/** Numbers under the hand: what may be typed, and where a step, a key or a drag leads. */

import type { Widget } from "../types/nodeType";
import { asNumber, asWhole, workOut } from "./arithmetic";

export type NumberWidget = Extract<Widget, { readonly kind: "int" | "float" | "seed" }>;

export type Refusal =
  | { readonly code: "empty" | "not-a-number" | "not-whole" | "by-zero" | "too-large" }
  | { readonly code: "below" | "above"; readonly limit: string };

export type Typed =
  { readonly ok: true; readonly value: bigint | number } | { readonly ok: false; readonly refusal: Refusal };

export const GREATEST_SEED = 2n ** 64n - 1n;
const LEAST_WHOLE = -(2n ** 63n);

/** How far one move goes: `coarse` with Shift, `fine` with Alt. */
export type Pace = "fine" | "plain" | "coarse";

/** What a text says at such a field, or why it says nothing there. */
export function typed(widget: NumberWidget, text: string): Typed {
  const worked = workOut(text);
  if (!worked.ok) return no({ code: worked.reason });
  if (widget.kind === "float") {
    const value = asNumber(worked.value);
    if (!Number.isFinite(value)) return no({ code: "too-large" });
    return within(value, widget.low, widget.high);
  }
  const value = asWhole(worked.value);
  if (value === null) return no({ code: "not-whole" });
  const { low, high } = limits(widget);
  return within(value, low, high);
}

/** So many steps from a value, kept within the limits. */
export function nudged(widget: NumberWidget, value: bigint | number, steps: number, pace: Pace): bigint | number {
  if (widget.kind === "float") {
    const step = (widget.step ?? 0.01) * (pace === "coarse" ? 10 : pace === "fine" ? 0.1 : 1);
    return clampFloat(toGrain(Number(value) + steps * step, step), widget);
  }
  const plain = widget.kind === "int" ? (widget.step ?? 1n) : 1n;
  const step = pace === "coarse" ? plain * 10n : pace === "fine" ? 1n : plain;
  return clampWhole(wholeOf(value) + BigInt(Math.trunc(steps)) * step, widget);
}

/** The value at a share of a bounded range, 0 to 1, on a step from its lower end. */
export function atShare(widget: NumberWidget, share: number, pace: Pace): bigint | number {
  if (widget.kind === "float") {
    const [low, high] = [widget.low ?? 0, widget.high ?? 1];
    const step = (widget.step ?? 0.01) * (pace === "fine" ? 0.1 : 1);
    const steps = Math.round((share * (high - low)) / step);
    return clampFloat(toGrain(low + steps * step, step), widget);
  }
  const { low, high } = limits(widget);
  const step = widget.kind === "int" && pace !== "fine" ? (widget.step ?? 1n) : 1n;
  const steps = Math.round((share * Number(high - low)) / Number(step));
  return clampWhole(low + BigInt(steps) * step, widget);
}

/** Bring any number within the limits. */
export function clamped(widget: NumberWidget, value: bigint | number): bigint | number {
  return widget.kind === "float" ? clampFloat(Number(value), widget) : clampWhole(wholeOf(value), widget);
}

/** 64 bits from so many random bytes. */
export function seedFrom(bytes: Uint8Array): bigint {
  return bytes.slice(0, 8).reduce((seed, byte) => seed * 256n + BigInt(byte), 0n);
}

export function limits(widget: Extract<NumberWidget, { readonly kind: "int" | "seed" }>): {
  readonly low: bigint;
  readonly high: bigint;
} {
  if (widget.kind === "seed") return { low: 0n, high: GREATEST_SEED };
  return { low: widget.low ?? LEAST_WHOLE, high: widget.high ?? GREATEST_SEED };
}

function clampWhole(value: bigint, widget: Extract<NumberWidget, { readonly kind: "int" | "seed" }>): bigint {
  const { low, high } = limits(widget);
  return value < low ? low : value > high ? high : value;
}

function clampFloat(value: number, { low, high }: Extract<NumberWidget, { readonly kind: "float" }>): number {
  return Math.min(high ?? Number.MAX_VALUE, Math.max(low ?? -Number.MAX_VALUE, value));
}

function wholeOf(value: bigint | number): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.round(value));
}

/** As many digits as the step has: ten steps of 0.1 are 1 and not 0.9999999999999999. */
function toGrain(value: number, step: number): number {
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) + 1)));
  return Number(value.toFixed(digits));
}

function within<T extends bigint | number>(value: T, low: T | null, high: T | null): Typed {
  if (low !== null && value < low) return no({ code: "below", limit: String(low) });
  if (high !== null && value > high) return no({ code: "above", limit: String(high) });
  return { ok: true, value };
}

function no(refusal: Refusal): Typed {
  return { ok: false, refusal };
}
