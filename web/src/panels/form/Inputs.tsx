import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { isLiteral, linksOf, type InputRef, type Workflow } from "../../graph/document/model";
import { portLabel, signatureOf } from "../../graph/types/signature";
import { useInputProblem } from "../../state/problems";
import { useRegistry } from "../../state/registry";
import { FormField } from "../../widgets/FormField";

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

function NamedInput({ name, at, workflow }: { readonly name: string; readonly at: InputRef; readonly workflow: Workflow }) {
  const { t } = useTranslation();
  const registry = useRegistry((known) => known.registry);
  const problem = useInputProblem(at.node, at.input);
  const node = workflow.nodes.get(at.node);
  const input = node && signatureOf(workflow, null, at.node, registry).inputs.find((each) => each.name === at.input);
  if (!node || !input) return <p className="muted">{t("formView.lost", { name })}</p>;
  const written = node.inputs.get(at.input);
  const source = linksOf(written)[0]?.node ?? null;
  const value = written === undefined ? input.default : isLiteral(written) ? written : undefined;
  return (
    <div className={`named-input${isShort(input.widget?.kind) ? " short" : ""}`} data-input={name}>
      <FormField
        node={at.node}
        input={input}
        label={portLabel(name)}
        value={value}
        source={source}
        seedRule={workflow.view.get(at.node)?.seeds.get(at.input) ?? null}
        faulty={problem !== null}
        {...(input.required ? {} : written === undefined && input.default === undefined ? { aside: t("optional") } : {})}
      />
      {problem && (
        <p className="form-problem">
          <TriangleAlert className="icon sm" /> {problem.message}
          {problem.hint ? <span className="soft"> {problem.hint}</span> : null}
        </p>
      )}
    </div>
  );
}

/** Two short fields stand side by side. */
function isShort(kind: string | undefined): boolean {
  return kind === "seed" || kind === "choice" || kind === "switch";
}
