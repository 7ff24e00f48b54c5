/** Adding, removing, naming and marking nodes. Every command is a function from one workflow to the next. */

import { graphAt, mapAllLinks, nodeAt, scopes, subgraphsUnder, withGraph } from "../document/graphs";
import {
  linksOf,
  PLAIN_NODE,
  PLAIN_VIEW,
  sameInput,
  subgraphOf,
  type Link,
  type Mode,
  type Node,
  type Reroute,
  type Scope,
  type Value,
  type Workflow,
} from "../document/model";
import { freeName, nameFor } from "../document/names";
import { mapped, renamed, withEntries, withEntry, without } from "../maps";
import { feeds, type Registry } from "../types/nodeType";
import { signatureOf } from "../types/signature";
import { remapPorts } from "./ports";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface NewNode {
  readonly type: string;
  readonly version: number | null;
  readonly at: Point;
  readonly inputs?: ReadonlyMap<string, Value>;
}

export interface Added {
  readonly workflow: Workflow;
  readonly name: string;
}

/** Put a new node into a graph, under a name made from its type. */
export function addNode(workflow: Workflow, scope: Scope, { type, version, at, inputs }: NewNode): Added {
  const graph = graphAt(workflow, scope);
  const name = freeName(nameFor(type), graph.nodes);
  const node: Node = { ...PLAIN_NODE, type, version, inputs: inputs ?? new Map() };
  const changes = {
    nodes: withEntry(graph.nodes, name, node),
    view: withEntry(graph.view, name, { ...PLAIN_VIEW, x: at.x, y: at.y }),
  };
  return { workflow: withGraph(workflow, scope, changes), name };
}

/** Take nodes away, with the links that read them and the named inputs and outputs that lead to them. */
export function removeNodes(workflow: Workflow, scope: Scope, names: ReadonlySet<string>): Workflow {
  const graph = graphAt(workflow, scope);
  const nodes = mapAllLinks(without(graph.nodes, names), (link) => (names.has(link.node) ? null : link));
  const cut = withGraph(workflow, scope, {
    nodes,
    view: without(graph.view, names),
    reroutes: mapped(graph.reroutes, (reroute) => withoutNodes(reroute, names)),
  });
  const ports = (side: "inputs" | "outputs") =>
    new Map([...graph[side]].filter(([, ref]) => names.has(ref.node)).map(([name]) => [name, null] as const));
  const tidy = remapPorts(remapPorts(cut, scope, "inputs", ports("inputs")), scope, "outputs", ports("outputs"));
  return dropUnusedSubgraphs(workflow, tidy);
}

/** Take nodes away and join what fed each to what read it, where the types fit. */
export function dissolveNodes(
  workflow: Workflow,
  scope: Scope,
  names: ReadonlySet<string>,
  registry: Registry,
): Workflow {
  let joined = workflow;
  for (const name of names) {
    const through = passThrough(joined, scope, name, registry);
    const nodes = mapAllLinks(graphAt(joined, scope).nodes, (link) =>
      link.node === name ? (through(link.output) ?? link) : link,
    );
    joined = withGraph(joined, scope, { nodes });
  }
  return removeNodes(joined, scope, names);
}

/** For each output, the link at the first input that fits it: what a bypassed node hands on. */
export function passThrough(
  workflow: Workflow,
  scope: Scope,
  name: string,
  registry: Registry,
): (output: string) => Link | null {
  const signature = signatureOf(workflow, scope, name, registry);
  const { inputs } = nodeAt(workflow, scope, name);
  return (output) => {
    const want = signature.outputs.find((each) => each.name === output)?.type;
    if (want === undefined) return null;
    for (const input of signature.inputs) {
      const link = linksOf(inputs.get(input.name))[0];
      // the engine's own rule: the input's type must fit the output's
      if (link && feeds(registry, input.type, want)) return link;
    }
    return null;
  };
}

/** Give a node another name, everywhere that it is mentioned. The name must be free and allowed. */
export function renameNode(workflow: Workflow, scope: Scope, from: string, to: string): Workflow {
  const graph = graphAt(workflow, scope);
  if (from === to || !graph.nodes.has(from) || graph.nodes.has(to)) return workflow;
  const name = (each: string) => (each === from ? to : each);
  const ref = <T extends { readonly node: string }>(each: T): T => (each.node === from ? { ...each, node: to } : each);
  return withGraph(workflow, scope, {
    nodes: renamed(mapAllLinks(graph.nodes, ref), name),
    view: renamed(without(graph.view, [to]), name),
    inputs: mapped(graph.inputs, ref),
    outputs: mapped(graph.outputs, ref),
    reroutes: mapped(graph.reroutes, (each) => ({ ...each, from: ref(each.from), to: each.to.map(ref) })),
  });
}

/** Write a title above a node; empty or null brings the type's own back. */
export function setTitle(workflow: Workflow, scope: Scope, name: string, title: string | null): Workflow {
  return changeNodes(workflow, scope, [name], (node) => ({ ...node, title: title?.trim() ? title.trim() : null }));
}

/** Mute or bypass all of these nodes; where all of them are so already, wake them. */
export function toggleMode(workflow: Workflow, scope: Scope, names: Iterable<string>, mode: Mode): Workflow {
  const list = [...names];
  const on = list.every((name) => nodeAt(workflow, scope, name).mode === mode);
  return changeNodes(workflow, scope, list, (node) => ({ ...node, mode: on ? null : mode }));
}

export function changeNodes(
  workflow: Workflow,
  scope: Scope,
  names: Iterable<string>,
  change: (node: Node, name: string) => Node,
): Workflow {
  const graph = graphAt(workflow, scope);
  const entries: [string, Node][] = [];
  for (const name of names) {
    const node = graph.nodes.get(name);
    if (node) entries.push([name, change(node, name)]);
  }
  return entries.length > 0 ? withGraph(workflow, scope, { nodes: withEntries(graph.nodes, entries) }) : workflow;
}

/** Drop the subgraphs that stood in `before` and that no node stands for any more; one that never did stays. */
export function dropUnusedSubgraphs(before: Workflow, after: Workflow): Workflow {
  const used = (workflow: Workflow) => new Set(subgraphsUnder(workflow, workflow.nodes.values()));
  const lost = new Set([...used(before)].filter((id) => !used(after).has(id)));
  if (lost.size === 0) return after;
  const standsIn = (id: string) =>
    scopes(after).some(
      (scope) =>
        (scope === null || !lost.has(scope)) &&
        [...graphAt(after, scope).nodes.values()].some((node) => subgraphOf(node) === id),
    );
  const gone = [...lost].filter((id) => !standsIn(id));
  return { ...after, subgraphs: without(after.subgraphs, gone) };
}

function withoutNodes(reroute: Reroute, names: ReadonlySet<string>): Reroute | null {
  if (names.has(reroute.from.node)) return null;
  const to = reroute.to.filter(
    (each, index) => !names.has(each.node) && reroute.to.findIndex((other) => sameInput(each, other)) === index,
  );
  if (to.length === reroute.to.length) return reroute;
  return to.length > 0 ? { ...reroute, to } : null;
}
