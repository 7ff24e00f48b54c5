import { useId } from "react";

import type { Literal, SeedRule } from "../graph/document/model";
import type { InputType } from "../graph/types/nodeType";
import { Field } from "./Field";

interface Props {
  readonly node: string;
  readonly input: InputType;
  readonly label: string;
  readonly value: Literal | undefined;
  readonly source: string | null;
  readonly seedRule: SeedRule | null;
  readonly faulty: boolean;
  /** A word at the end of the label, such as “optional”. */
  readonly aside?: string;
}

/** A named input of a workflow on the page of the form: its label, and the same widget as in the node, larger. */
export function FormField({ label, aside, ...field }: Props) {
  const id = useId();
  return (
    <div className="form-field" role="group" aria-labelledby={id}>
      <div className="form-label">
        <span id={id}>{label}</span>
        {aside !== undefined && <span className="muted">{aside}</span>}
      </div>
      <Field {...field} label={label} height={96} size="form" />
    </div>
  );
}
