/** What a new node begins with, so that it can run once it is linked: files alone are left to choose. */

import type { Value } from "../document/model";
import type { InputType, NodeType } from "../types/nodeType";

/** Values for what must be given and has no default: an empty text, the first of the options. */
export function startingInputs({ inputs }: NodeType): ReadonlyMap<string, Value> {
  return new Map(
    inputs.flatMap((input) => {
      const value = input.required && input.default === undefined ? startingValue(input) : undefined;
      return value === undefined ? [] : [[input.name, value] as const];
    }),
  );
}

function startingValue({ arity, widget }: InputType): Value | undefined {
  if (arity !== "one") return undefined;
  if (widget?.kind === "text") return "";
  return widget?.kind === "choice" ? widget.options[0] : undefined;
}
