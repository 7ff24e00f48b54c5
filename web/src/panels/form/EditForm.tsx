import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { InputRef, OutputRef, Workflow } from "../../graph/document/model";
import { isName } from "../../graph/document/names";
import { concealPort, exposeInput, exposeOutput, movePort, renamePort, type Side } from "../../graph/edit/ports";
import { portLabel, signatureOf } from "../../graph/types/signature";
import type { Registry } from "../../graph/types/nodeType";
import { edit, endStep } from "../../state/documents";
import { useRegistry } from "../../state/registry";
import { NameField } from "../../widgets/NameField";
import { OrderButtons } from "../../widgets/OrderButtons";

/** What the form shows: its title and words, which inputs and outputs, by what names and in which order. */
export function EditForm({ workflow }: { readonly workflow: Workflow }) {
  const { t } = useTranslation();
  const registry = useRegistry((known) => known.registry);
  return (
    <div className="form-edit">
      <Words workflow={workflow} />
      <Ports side="inputs" workflow={workflow} registry={registry} />
      <Ports side="outputs" workflow={workflow} registry={registry} />
      <p className="muted">{t("formView.editHint")}</p>
    </div>
  );
}

function Words({ workflow }: { readonly workflow: Workflow }) {
  const { t } = useTranslation();
  const write = (key: "name" | "description", text: string) =>
    edit("describe", (now) => ({ ...now, [key]: text === "" ? null : text }), `describe ${key}`);
  return (
    <>
      <label className="asked">
        <span>{t("formView.title")}</span>
        <span className="input">
          <input
            value={workflow.name ?? ""}
            onChange={(event) => write("name", event.currentTarget.value)}
            onBlur={endStep}
          />
        </span>
      </label>
      <label className="asked">
        <span>{t("formView.description")}</span>
        <textarea
          className="area"
          rows={2}
          value={workflow.description ?? ""}
          onChange={(event) => write("description", event.currentTarget.value)}
          onBlur={endStep}
        />
      </label>
    </>
  );
}

interface PortsProps {
  readonly side: Side;
  readonly workflow: Workflow;
  readonly registry: Registry;
}

function Ports({ side, workflow, registry }: PortsProps) {
  const { t } = useTranslation();
  const names = [...workflow[side].keys()];
  return (
    <section>
      <h2>{t(`formView.${side}`)}</h2>
      <ol className="ports" aria-label={t(`formView.${side}`)}>
        {names.map((name, index) => (
          <li key={name}>
            <NameField
              label={t("formView.name", { name })}
              name={name}
              check={(next) => (names.includes(next) ? "taken" : isName(next, "interface") ? null : "forbidden")}
              onDone={(next) => edit("renamePort", (now) => renamePort(now, null, side, name, next))}
            />
            <span className="muted clip where">{placeOf(workflow, registry, side, name)}</span>
            <OrderButtons
              name={name}
              index={index}
              count={names.length}
              onMove={(by) => edit("orderPorts", (now) => movePort(now, null, side, name, by))}
              removal={t("formView.remove", { name })}
              onRemove={() => edit("concealPort", (now) => concealPort(now, null, side, name))}
            />
          </li>
        ))}
      </ol>
      <AddPort side={side} workflow={workflow} registry={registry} />
    </section>
  );
}

/** Everything that has no name yet, by node. */
function AddPort({ side, workflow, registry }: PortsProps) {
  const { t } = useTranslation();
  const choices = side === "inputs" ? freeInputs(workflow, registry) : freeOutputs(workflow, registry);
  const groups = Map.groupBy(choices, (each) => each.title);
  const add = (index: number) => {
    const ref = choices[index]?.ref;
    if (!ref) return;
    edit("exposePort", (now) => ("input" in ref ? exposeInput(now, null, ref) : exposeOutput(now, null, ref)));
  };
  if (choices.length === 0) return null;
  return (
    <label className="input add-port">
      <Plus className="icon sm" />
      <select
        aria-label={t(`formView.add_${side}`)}
        value=""
        onChange={(event) => add(Number(event.currentTarget.value))}
      >
        <option value="">{t(`formView.add_${side}`)}</option>
        {[...groups].map(([title, members]) => (
          <optgroup key={title} label={title}>
            {members.map((each) => (
              <option key={each.label} value={choices.indexOf(each)}>
                {each.label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

interface Choice {
  readonly title: string;
  readonly label: string;
  readonly ref: InputRef | OutputRef;
}

function freeInputs(workflow: Workflow, registry: Registry): readonly Choice[] {
  const named = new Set([...workflow.inputs.values()].map(({ node, input }) => `${node} ${input}`));
  return [...workflow.nodes].flatMap(([node, { title }]) => {
    const signature = signatureOf(workflow, null, node, registry);
    return signature.inputs
      .filter(({ name, widget }) => widget !== null && !named.has(`${node} ${name}`))
      .map(({ name }) => ({
        title: title ?? `${signature.label} (${node})`,
        label: portLabel(name),
        ref: { node, input: name },
      }));
  });
}

function freeOutputs(workflow: Workflow, registry: Registry): readonly Choice[] {
  const named = new Set([...workflow.outputs.values()].map(({ node, output }) => `${node} ${output}`));
  return [...workflow.nodes].flatMap(([node, { title }]) => {
    const signature = signatureOf(workflow, null, node, registry);
    return signature.outputs
      .filter(({ name }) => !named.has(`${node} ${name}`))
      .map(({ name }) => ({
        title: title ?? `${signature.label} (${node})`,
        label: portLabel(name),
        ref: { node, output: name },
      }));
  });
}

function placeOf(workflow: Workflow, registry: Registry, side: Side, name: string): string {
  const ref = workflow[side].get(name);
  if (!ref || !workflow.nodes.has(ref.node)) return "";
  const title = workflow.nodes.get(ref.node)?.title ?? signatureOf(workflow, null, ref.node, registry).label;
  return `${title}, ${portLabel("input" in ref ? ref.input : ref.output)}`;
}
