/** How an input is shown and edited: by its widget, and by its name where the widget leaves it open. */

import type { Literal } from "../graph/document/model";
import type { InputType, Widget } from "../graph/types/nodeType";

export type Look =
  | { readonly kind: "number"; readonly widget: Extract<Widget, { kind: "int" | "float" | "seed" }> }
  | { readonly kind: "toggle" }
  | { readonly kind: "choice"; readonly options: readonly string[] }
  | { readonly kind: "line" }
  | { readonly kind: "prompt"; readonly folder: string | null }
  | { readonly kind: "colour"; readonly as: "number" | "text" }
  | { readonly kind: "file"; readonly folder: string; readonly suffixes: readonly string[] }
  | { readonly kind: "list"; readonly of: Widget }
  | { readonly kind: "json" };

const COLOUR = /(^|_)colou?r$/;
const WHITE = 0xffffffn;

export function lookOf({ name, arity, widget }: InputType): Look | null {
  if (widget === null) return null;
  if (arity === "values") return { kind: "list", of: widget };
  switch (widget.kind) {
    case "int":
      return COLOUR.test(name) && widget.low === 0n && widget.high === WHITE
        ? { kind: "colour", as: "number" }
        : { kind: "number", widget };
    case "float":
    case "seed":
      return { kind: "number", widget };
    case "switch":
      return { kind: "toggle" };
    case "choice":
      return { kind: "choice", options: widget.options };
    case "text":
      if (widget.multiline) return { kind: "prompt", folder: widget.mentions };
      return COLOUR.test(name) ? { kind: "colour", as: "text" } : { kind: "line" };
    case "file":
      return { kind: "file", folder: widget.folder, suffixes: widget.suffixes };
    case "any":
      return { kind: "json" };
  }
}

/** `#rrggbb`, or null where the value is no colour that can be shown so. */
export function hexOf(value: Literal | undefined): string | null {
  if (typeof value === "bigint")
    return value >= 0n && value <= WHITE ? `#${value.toString(16).padStart(6, "0")}` : null;
  if (typeof value !== "string") return null;
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(value);
  if (short)
    return `#${short
      .slice(1)
      .map((each) => each + each)
      .join("")}`.toLowerCase();
  return /^#[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : null;
}

/** The value that a colour has at an input of either kind. */
export function colourValue(hex: string, as: "number" | "text"): Literal {
  return as === "number" ? BigInt(`0x${hex.slice(1)}`) : hex;
}
