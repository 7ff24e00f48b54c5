/** What a new node begins with, so that it can run once it is linked: files alone are left to choose. */

import type { Value } from "../document/model";
import type { InputType, NodeType } from "../types/nodeType";

/** What node types call the sides, in pixels, of what they make; their own defaults are those of Stable Diffusion. */
const SIDES: ReadonlySet<string> = new Set(["width", "height", "target_width", "target_height"]);

/**
 * Values for what must be given and has no default, an empty text or the first of the options; and sides of the size
 * that the model makes, where one is known.
 */
export function startingInputs({ inputs }: NodeType, native: bigint | null = null): ReadonlyMap<string, Value> {
  return new Map(
    inputs.flatMap((input) => {
      const value = startingValue(input, native);
      return value === undefined ? [] : [[input.name, value] as const];
    }),
  );
}

function startingValue(input: InputType, native: bigint | null): Value | undefined {
  const { arity, widget } = input;
  if (arity !== "one") return undefined;
  if (native !== null && native !== input.default && isSide(input, native)) return native;
  if (!input.required || input.default !== undefined) return undefined;
  if (widget?.kind === "text") return "";
  return widget?.kind === "choice" ? widget.options[0] : undefined;
}

function isSide({ name, widget, default: usual }: InputType, native: bigint): boolean {
  if (!SIDES.has(name) || widget?.kind !== "int" || typeof usual !== "bigint" || usual === 0n) return false;
  return native >= (widget.low ?? native) && native <= (widget.high ?? native);
}
