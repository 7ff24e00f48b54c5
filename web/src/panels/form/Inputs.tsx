import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { isLiteral, linksOf, type InputRef, type Literal, type Value, type Workflow } from "../../graph/document/model";
import type { InputType } from "../../graph/types/nodeType";
import { portLabel, signatureOf } from "../../graph/types/signature";
import { useInputProblem } from "../../state/problems";
import { useRegistry } from "../../state/registry";
import type { ProblemItem } from "../../wire/schema.gen";
import { FormField } from "../../widgets/FormField";
import { fraction } from "../../widgets/format";

interface Props {
  readonly workflow: Workflow;
  readonly onEdit: () => void;
}

/** The fields of the form, in the order of the workflow's named inputs. */
export function Inputs({ workflow, onEdit }: Props) {
  const { t } = useTranslation();
  if (workflow.inputs.size === 0) {
    return (
      <div className="form-empty">
        <p className="muted">{t("formView.noInputs")}</p>
        <button type="button" className="btn" onClick={onEdit}>
          {t("formView.choose")}
        </button>
      </div>
    );
  }
  return (
    <div className="form-fields">
      {[...workflow.inputs].map(([name, at]) => (
        <NamedInput key={name} name={name} at={at} workflow={workflow} />
      ))}
    </div>
  );
}

interface NamedProps {
  readonly name: string;
  readonly at: InputRef;
  readonly workflow: Workflow;
}

function NamedInput({ name, at, workflow }: NamedProps) {
  const { t } = useTranslation();
  const registry = useRegistry((known) => known.registry);
  const problem = useInputProblem(at.node, at.input);
  const node = workflow.nodes.get(at.node);
  const input = node && signatureOf(workflow, null, at.node, registry).inputs.find((each) => each.name === at.input);
  if (!node || !input) return <p className="muted">{t("formView.lost", { name })}</p>;
  const written = node.inputs.get(at.input);
  const value = valueOf(input, written);
  const free = isFree(input, value, written);
  return (
    <div className={`named-input${isShort(input, value) ? " short" : ""}`} data-input={name}>
      <FormField
        node={at.node}
        input={input}
        label={portLabel(name)}
        value={value}
        source={linksOf(written)[0]?.node ?? null}
        seedRule={workflow.view.get(at.node)?.seeds.get(at.input) ?? null}
        faulty={problem !== null}
        {...(free ? { aside: t("optional") } : {})}
      />
      <Trouble problem={problem} />
    </div>
  );
}

function Trouble({ problem }: { readonly problem: ProblemItem | null }) {
  if (!problem) return null;
  return (
    <p className="form-problem">
      <TriangleAlert className="icon sm" /> {problem.message} <span className="soft">{problem.hint}</span>
    </p>
  );
}

function valueOf(input: InputType, written: Value | undefined): Literal | undefined {
  if (written === undefined) return input.default;
  return isLiteral(written) ? written : undefined;
}

/** It can be left as it is: nothing is there, and nothing has to be. */
function isFree({ required }: InputType, value: Literal | undefined, written: Value | undefined): boolean {
  return !required && value === undefined && linksOf(written).length === 0;
}

/** Two short fields stand side by side; a slider needs the room. */
function isShort({ widget }: InputType, value: Literal | undefined): boolean {
  if (widget === null || ["text", "file", "any"].includes(widget.kind)) return false;
  return fraction(widget, value) === null;
}
