/** Turning a node into one of another type, and a literal into a node that gives it. */

import { graphAt, mapAllLinks, nodeAt, withGraph } from "../document/graphs";
import {
  isLink,
  isLinkList,
  isLiteral,
  type InputRef,
  type Link,
  type Literal,
  type Scope,
  type Value,
  type Workflow,
} from "../document/model";
import { withEntry } from "../maps";
import { feeds, type InputType, type NodeType, type OutputType, type Registry, type Widget } from "../types/nodeType";
import { signatureOf } from "../types/signature";
import { connect } from "./links";
import { addNode, type Added, type Point } from "./nodes";
import { outputType } from "../connect";

/** What would be lost by a conversion: inputs with something in them that the new type does not take, outputs that are read. */
export interface Converted {
  readonly workflow: Workflow;
  readonly lostInputs: readonly string[];
  readonly lostOutputs: readonly string[];
}

/** Make a node one of another type. Values and links stay where an input of that name takes them, else at the first free one that fits. */
export function convertNode(
  workflow: Workflow,
  scope: Scope,
  name: string,
  type: NodeType,
  registry: Registry,
): Converted {
  const node = nodeAt(workflow, scope, name);
  const before = signatureOf(workflow, scope, name, registry);
  const inputs = new Map<string, Value>();
  const lostInputs: string[] = [];
  for (const [input, value] of node.inputs) {
    const target = homeFor({ workflow, scope, registry }, input, value, type, inputs);
    if (target === null) lostInputs.push(input);
    else inputs.set(target, value);
  }
  const outputs = outputsFor(before.outputs, type.outputs, registry);
  const lostOutputs = new Set<string>();
  const graph = graphAt(workflow, scope);
  const nodes = mapAllLinks(
    withEntry(graph.nodes, name, { ...node, type: type.id, version: type.version, inputs }),
    (link) => {
      if (link.node !== name) return link;
      const output = outputs.get(link.output);
      if (output === undefined) lostOutputs.add(link.output);
      return output === undefined ? null : output === link.output ? link : { ...link, output };
    },
  );
  return { workflow: withGraph(workflow, scope, { nodes }), lostInputs, lostOutputs: [...lostOutputs] };
}

/** The type of the nodes that give a literal of such a type, or null. */
export function giverOf(want: string, registry: Registry): NodeType | null {
  return registry.types.find((type) => givesLiteral(type, want)) ?? null;
}

/** Take a literal out into a node that gives it, so that several inputs can share it; null where no such node type is known. */
export function literalToNode(
  workflow: Workflow,
  scope: Scope,
  at: InputRef,
  value: Literal,
  want: string,
  registry: Registry,
  place: Point,
): Added | null {
  const giver = giverOf(want, registry);
  const [input, output] = [giver?.inputs[0], giver?.outputs[0]];
  if (!giver || !input || !output) return null;
  const added = addNode(workflow, scope, {
    type: giver.id,
    version: giver.version,
    at: place,
    inputs: new Map([[input.name, value]]),
  });
  return { workflow: connect(added.workflow, scope, { node: added.name, output: output.name }, at), name: added.name };
}

/** Could this literal stand at such a widget? Its limits are the server's to check: a person may mend a number, not a kind. */
export function widgetTakes(widget: Widget, value: Literal): boolean {
  switch (widget.kind) {
    case "any":
      return true;
    case "seed":
    case "int":
      return typeof value === "bigint";
    case "float":
      return typeof value === "number" || typeof value === "bigint";
    case "switch":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && widget.options.includes(value);
    case "text":
    case "file":
      return typeof value === "string";
  }
}

interface Where {
  readonly workflow: Workflow;
  readonly scope: Scope;
  readonly registry: Registry;
}

function homeFor(
  where: Where,
  name: string,
  value: Value,
  type: NodeType,
  taken: ReadonlyMap<string, Value>,
): string | null {
  const free = type.inputs.filter((each) => !taken.has(each.name) && takes(where, each, value));
  const same = free.find((each) => each.name === name);
  if (same) return same.name;
  // a literal moves only under its own name: two numbers of one type need not mean the same
  return isLiteral(value) ? null : (free.find((each) => each.widget === null)?.name ?? null);
}

function takes({ workflow, scope, registry }: Where, input: InputType, value: Value): boolean {
  if (isLink(value)) return linkFits(value);
  if (isLinkList(value)) return input.arity === "many" && value.every(linkFits);
  return input.widget !== null && (input.arity === "values" ? Array.isArray(value) : widgetTakes(input.widget, value));

  function linkFits(link: Link): boolean {
    const have = outputType({ workflow, scope, registry }, link)?.type;
    return input.linkable && have !== undefined && feeds(registry, have, input.type);
  }
}

function outputsFor(
  old: readonly OutputType[],
  next: readonly OutputType[],
  registry: Registry,
): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  for (const output of old) {
    const fitting = next.filter((each) => feeds(registry, each.type, output.type));
    const target = fitting.find((each) => each.name === output.name) ?? fitting[0];
    if (target) made.set(output.name, target.name);
  }
  return made;
}

function givesLiteral(type: NodeType, want: string): boolean {
  const [input, output] = [type.inputs[0], type.outputs[0]];
  return (
    type.inputs.length === 1 &&
    type.outputs.length === 1 &&
    input?.widget !== null &&
    input?.type === want &&
    output?.type === want
  );
}
