import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { InputRef, OutputRef, Workflow } from "../../graph/document/model";
import { concealPort, exposeInput, exposeOutput, orderPorts, renamePort, type Side } from "../../graph/edit/ports";
import { portLabel, signatureOf } from "../../graph/types/signature";
import type { Registry } from "../../graph/types/nodeType";
import { edit, endStep } from "../../state/documents";
import { useRegistry } from "../../state/registry";

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
  const move = (index: number, step: number) => {
    const next = [...names];
    const [name] = next.splice(index, 1);
    if (name === undefined) return;
    next.splice(index + step, 0, name);
    edit("orderPorts", (now) => orderPorts(now, null, side, next));
  };
  return (
    <section>
      <h2>{t(`formView.${side}`)}</h2>
      <ol className="ports" aria-label={t(`formView.${side}`)}>
        {names.map((name, index) => (
          <li key={name}>
            <PortName side={side} name={name} taken={names} />
            <span className="muted clip where">{placeOf(workflow, registry, side, name)}</span>
            <button
              type="button"
              className="btn quiet icon-only"
              aria-label={t("formView.up", { name })}
              title={t("formView.up", { name })}
              disabled={index === 0}
              onClick={() => move(index, -1)}
            >
              <ArrowUp className="icon sm" />
            </button>
            <button
              type="button"
              className="btn quiet icon-only"
              aria-label={t("formView.down", { name })}
              title={t("formView.down", { name })}
              disabled={index === names.length - 1}
              onClick={() => move(index, 1)}
            >
              <ArrowDown className="icon sm" />
            </button>
            <button
              type="button"
              className="btn quiet icon-only"
              aria-label={t("formView.remove", { name })}
              title={t("formView.remove", { name })}
              onClick={() => edit("concealPort", (now) => concealPort(now, null, side, name))}
            >
              <X className="icon sm" />
            </button>
          </li>
        ))}
      </ol>
      <AddPort side={side} workflow={workflow} registry={registry} />
    </section>
  );
}

function PortName({
  side,
  name,
  taken,
}: {
  readonly side: Side;
  readonly name: string;
  readonly taken: readonly string[];
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(name);
  const wanted = text.trim();
  const bad = wanted === "" || wanted.includes("=") || (wanted !== name && taken.includes(wanted));
  const done = () => {
    if (bad) setText(name);
    else edit("renamePort", (now) => renamePort(now, null, side, name, wanted));
  };
  return (
    <span className="input">
      <input
        value={text}
        aria-label={t("formView.name", { name })}
        aria-invalid={bad}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setText(name);
        }}
      />
    </span>
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
