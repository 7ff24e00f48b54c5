/** Which outputs may feed which inputs, and why not. */

import { graphAt } from "./document/graphs";
import { downstream, upstream } from "./document/links";
import { linksOf, sameOutput, type InputRef, type OutputRef, type Scope, type Workflow } from "./document/model";
import { feeds, type InputType, type OutputType, type Registry } from "./types/nodeType";
import { signatureOf } from "./types/signature";

export interface Situation {
  readonly workflow: Workflow;
  readonly scope: Scope;
  readonly registry: Registry;
}

export type Refusal =
  | { readonly code: "unknown-port"; readonly at: InputRef | OutputRef }
  | { readonly code: "cycle"; readonly at: InputRef }
  | { readonly code: "type-mismatch"; readonly at: InputRef; readonly have: string; readonly want: string }
  | { readonly code: "takes-no-link"; readonly at: InputRef }
  | { readonly code: "linked-already"; readonly at: InputRef };

/** Can this output feed that input? A link that stands there gives way, except at a variadic input, where it stays. */
export function canConnect(situation: Situation, from: OutputRef, to: InputRef): Refusal | null {
  return fits(situation, from, to, () => waitsFor(situation, from.node, to.node));
}

/** `canConnect` for many inputs while a link is dragged from one output: the graph is walked once. */
export function fromOutput(situation: Situation, from: OutputRef): (to: InputRef) => Refusal | null {
  const before = upstream(graphAt(situation.workflow, situation.scope), from.node);
  return (to) => fits(situation, from, to, () => before.has(to.node));
}

/** `canConnect` for many outputs while a link is dragged from one input. */
export function fromInput(situation: Situation, to: InputRef): (from: OutputRef) => Refusal | null {
  const after = downstream(graphAt(situation.workflow, situation.scope), to.node);
  return (from) => fits(situation, from, to, () => after.has(from.node));
}

/** All places that a link from this output could end at, for lists that are picked from by keyboard. */
export function fittingInputs(situation: Situation, from: OutputRef): readonly InputRef[] {
  const check = fromOutput(situation, from);
  return allNodes(situation).flatMap((node) =>
    signatureOf(situation.workflow, situation.scope, node, situation.registry)
      .inputs.map(({ name }) => ({ node, input: name }))
      .filter((to) => check(to) === null),
  );
}

/** All outputs that could feed this input. */
export function fittingOutputs(situation: Situation, to: InputRef): readonly OutputRef[] {
  const check = fromInput(situation, to);
  return allNodes(situation).flatMap((node) =>
    signatureOf(situation.workflow, situation.scope, node, situation.registry)
      .outputs.map(({ name }) => ({ node, output: name }))
      .filter((from) => check(from) === null),
  );
}

export function inputType(situation: Situation, at: InputRef): InputType | null {
  return portsOf(situation, at.node)?.inputs.find((each) => each.name === at.input) ?? null;
}

export function outputType(situation: Situation, at: OutputRef): OutputType | null {
  return portsOf(situation, at.node)?.outputs.find((each) => each.name === at.output) ?? null;
}

function fits(situation: Situation, from: OutputRef, to: InputRef, closes: () => boolean): Refusal | null {
  const output = outputType(situation, from);
  if (!output) return { code: "unknown-port", at: from };
  const input = inputType(situation, to);
  if (!input) return { code: "unknown-port", at: to };
  if (!input.linkable) return { code: "takes-no-link", at: to };
  if (!feeds(situation.registry, output.type, input.type)) {
    return { code: "type-mismatch", at: to, have: output.type, want: input.type };
  }
  if (isLinked(situation, from, to) && input.arity !== "many") return { code: "linked-already", at: to };
  return closes() ? { code: "cycle", at: to } : null;
}

function isLinked({ workflow, scope }: Situation, from: OutputRef, to: InputRef): boolean {
  const value = graphAt(workflow, scope).nodes.get(to.node)?.inputs.get(to.input);
  return linksOf(value).some((link) => sameOutput(link, from));
}

function waitsFor({ workflow, scope }: Situation, node: string, other: string): boolean {
  return upstream(graphAt(workflow, scope), node).has(other);
}

function portsOf({ workflow, scope, registry }: Situation, node: string) {
  return graphAt(workflow, scope).nodes.has(node) ? signatureOf(workflow, scope, node, registry) : null;
}

function allNodes({ workflow, scope }: Situation): readonly string[] {
  return [...graphAt(workflow, scope).nodes.keys()];
}
