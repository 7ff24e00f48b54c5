/** What every widget is given. */

import type { Literal } from "../graph/document/model";
import type { Hand } from "./hand";

export interface WidgetProps {
  /** The name as people read it. */
  readonly label: string;
  readonly value: Literal | undefined;
  readonly hand: Hand;
  /** Inside a node, or on the page of the form. */
  readonly size: "node" | "form";
  readonly faulty: boolean;
}

/** The classes of a field: canvas gestures begin beside it and not in it. */
export function fieldClass({ size, faulty }: Pick<WidgetProps, "size" | "faulty">, ...more: readonly string[]): string {
  return ["field", "nodrag", "nopan", size === "form" ? "large" : "", faulty ? "faulty" : "", ...more]
    .filter((each) => each !== "")
    .join(" ");
}
