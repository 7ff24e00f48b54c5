/** Making a subgraph of nodes, taking one apart, publishing one as a workflow and putting a workflow in as one. */

import { graphAt, mapAllLinks, nodeAt, withGraph, contains, subgraphsUnder } from "../document/graphs";
import { feedersOf, readersOf, wires } from "../document/links";
import {
  EMPTY_GRAPH,
  EMPTY_WORKFLOW,
  isLinkList,
  PLAIN_NODE,
  PLAIN_VIEW,
  sameInput,
  sameOutput,
  SUBGRAPH_PREFIX,
  subgraphOf,
  type Graph,
  type InputRef,
  type Link,
  type Node,
  type OutputRef,
  type Reroute,
  type Scope,
  type Value,
  type View,
  type Workflow,
} from "../document/model";
import { freeName, nameFor } from "../document/names";
import { mapped, only, renamed, withEntries, withEntry, without } from "../maps";
import { adopt } from "./clipboard";
import { dropUnusedSubgraphs, type Added, type Point } from "./nodes";

export interface SubgraphRefusal {
  /** One input reads from inside and outside at once, and a named input can only hand in the whole of it. */
  readonly code: "mixed-input" | "nothing-selected" | "cycle";
  readonly at: InputRef | null;
}

/** Why these nodes cannot become a subgraph, or null. */
export function canMakeSubgraph(workflow: Workflow, scope: Scope, names: ReadonlySet<string>): SubgraphRefusal | null {
  const graph = graphAt(workflow, scope);
  if (names.size === 0) return { code: "nothing-selected", at: null };
  for (const wire of feedersOf(graph, names)) {
    const value = graph.nodes.get(wire.to.node)?.inputs.get(wire.to.input);
    if (isLinkList(value) && value.some((link) => names.has(link.node))) return { code: "mixed-input", at: wire.to };
  }
  const back = closesCycle(graph, names);
  return back ? { code: "cycle", at: back } : null;
}

/** Move nodes into a new subgraph, whose inputs and outputs are what crosses its border, and put one instance in their place. */
export function makeSubgraph(workflow: Workflow, scope: Scope, names: ReadonlySet<string>, title: string): Added {
  const graph = graphAt(workflow, scope);
  const id = freeName(title, workflow.subgraphs);
  const instance = freeName(nameFor(title), without(graph.nodes, names));
  const border = borderOf(graph, names);
  const inner: Graph = {
    ...EMPTY_GRAPH,
    inputs: border.inputs,
    outputs: border.outputs,
    nodes: mapped(only(graph.nodes, names), (node, name) => inside(node, name, border)),
    view: only(graph.view, names),
    reroutes: new Map([...graph.reroutes].filter(([, each]) => isInside(each, names))),
  };
  const node: Node = { ...PLAIN_NODE, type: SUBGRAPH_PREFIX + id, inputs: border.given };
  const withDefinition = { ...workflow, subgraphs: withEntry(workflow.subgraphs, id, inner) };
  return { workflow: withGraph(withDefinition, scope, outside(graph, names, instance, node, border)), name: instance };
}

/** Put the nodes of a subgraph in the place of one instance of it. What is computed stays the same. */
export function unpackSubgraph(
  workflow: Workflow,
  scope: Scope,
  instance: string,
): { readonly workflow: Workflow; readonly names: ReadonlySet<string> } {
  const graph = graphAt(workflow, scope);
  const outer = nodeAt(workflow, scope, instance);
  const inner = workflow.subgraphs.get(subgraphOf(outer) ?? "");
  if (!inner) return { workflow, names: new Set() };
  const names = newNames(graph, inner, instance);
  const name = (each: string) => names.get(each) ?? each;
  const output = (ref: OutputRef): Link | null => {
    if (ref.node !== instance) return ref;
    const target = inner.outputs.get(ref.output);
    return target && names.has(target.node) ? { node: name(target.node), output: target.output } : null;
  };
  const nodes = mapped(
    mapAllLinks(inner.nodes, (link) => ({ ...link, node: name(link.node) })),
    (node, each) => handedIn(node, each, outer, inner),
  );
  const kept = mapAllLinks(without(graph.nodes, [instance]), output);
  const unpacked = withGraph(workflow, scope, {
    nodes: inPlace(graph.nodes, instance, kept, renamed(nodes, name)),
    view: withEntries(without(graph.view, [instance]), renamed(shifted(inner, graph.view.get(instance)), name)),
    inputs: mapped(graph.inputs, (ref) => (ref.node === instance ? innerInput(inner, ref, name) : ref)),
    outputs: mapped(graph.outputs, output),
    reroutes: new Map(
      [...graph.reroutes].filter(
        ([, each]) => each.from.node !== instance && each.to.every((to) => to.node !== instance),
      ),
    ),
  });
  const fed = feedInner(unpacked, scope, outer, inner, name, output);
  return { workflow: dropUnusedSubgraphs(workflow, fed), names: new Set(names.values()) };
}

/** A subgraph as a workflow file of its own, with the subgraphs that it needs: what the library offers as a node. */
export function publishSubgraph(
  workflow: Workflow,
  id: string,
  name: string,
  description: string | null = null,
): Workflow {
  const graph = graphAt(workflow, id);
  const needed = new Set(subgraphsUnder(workflow, graph.nodes.values()));
  return { ...EMPTY_WORKFLOW, ...graph, name, description, subgraphs: only(workflow.subgraphs, needed) };
}

/** Put a workflow into another as one node. Its named inputs and outputs are the node's ports. */
export function insertWorkflow(
  workflow: Workflow,
  scope: Scope,
  other: Workflow,
  title: string,
  at: Point,
): Added | null {
  const { inputs, outputs, nodes, view, groups, notes, reroutes, subgraphs } = other;
  const graph: Graph = { inputs, outputs, nodes, view, groups, notes, reroutes };
  const id = (title.trim() === "" ? (other.name ?? "Workflow") : title).replaceAll("/", "-");
  const { workflow: ready, ids } = adopt(workflow, {
    ...EMPTY_WORKFLOW,
    subgraphs: withEntry(subgraphs, freeName(id, subgraphs), graph),
  });
  const here = ids.get(freeName(id, subgraphs)) ?? id;
  if (contains(ready, here, scope)) return null;
  return addInstance(ready, scope, here, at);
}

/** Put one more instance of a subgraph into a graph; the caller has asked `contains`. */
export function addInstance(workflow: Workflow, scope: Scope, id: string, at: Point): Added {
  const graph = graphAt(workflow, scope);
  const name = freeName(nameFor(id), graph.nodes);
  const nodes = withEntry(graph.nodes, name, { ...PLAIN_NODE, type: SUBGRAPH_PREFIX + id });
  return {
    workflow: withGraph(workflow, scope, {
      nodes,
      view: withEntry(graph.view, name, { ...PLAIN_VIEW, x: at.x, y: at.y }),
    }),
    name,
  };
}

/** Call a subgraph something else, also at its instances. The id must be free and allowed. */
export function renameSubgraph(workflow: Workflow, from: string, to: string): Workflow {
  if (from === to || !workflow.subgraphs.has(from) || workflow.subgraphs.has(to)) return workflow;
  const node = (each: Node): Node => (subgraphOf(each) === from ? { ...each, type: SUBGRAPH_PREFIX + to } : each);
  const nodes = (graph: Graph) => mapped(graph.nodes, node);
  const subgraphs = mapped(workflow.subgraphs, (graph) => ({ ...graph, nodes: nodes(graph) }));
  return { ...workflow, nodes: nodes(workflow), subgraphs: renamed(subgraphs, (id) => (id === from ? to : id)) };
}

interface Border {
  readonly inputs: ReadonlyMap<string, InputRef>;
  readonly outputs: ReadonlyMap<string, OutputRef>;
  /** What stands at the instance's inputs. */
  readonly given: ReadonlyMap<string, Value>;
}

function borderOf(graph: Graph, names: ReadonlySet<string>): Border {
  const inputs = new Map<string, InputRef>();
  const outputs = new Map<string, OutputRef>();
  const given = new Map<string, Value>();
  const expose = (at: InputRef): string => {
    const known = keyOf(inputs, (each) => sameInput(each, at));
    const name = known ?? freeName(at.input.replaceAll("=", "_"), inputs);
    inputs.set(name, at);
    return name;
  };
  for (const { to } of feedersOf(graph, names)) {
    const value = graph.nodes.get(to.node)?.inputs.get(to.input);
    if (value !== undefined) given.set(expose(to), value);
  }
  for (const ref of graph.inputs.values()) if (names.has(ref.node)) expose(ref);
  const read = [
    ...readersOf(graph, names).map(({ from }) => from),
    ...[...graph.outputs.values()].filter((ref) => names.has(ref.node)),
  ];
  for (const from of read) {
    if (keyOf(outputs, (each) => sameOutput(each, from)) !== null) continue;
    const wanted = from.output === "out" ? from.node : from.output;
    outputs.set(freeName(wanted.replaceAll("=", "_"), outputs), { node: from.node, output: from.output });
  }
  return { inputs, outputs, given };
}

function inside(node: Node, name: string, border: Border): Node {
  const crossed = [...border.inputs]
    .filter(([key, ref]) => ref.node === name && border.given.has(key))
    .map(([, ref]) => ref.input);
  return crossed.length > 0 ? { ...node, inputs: without(node.inputs, crossed) } : node;
}

function outside(
  graph: Graph,
  names: ReadonlySet<string>,
  instance: string,
  node: Node,
  border: Border,
): Partial<Graph> {
  const output = (ref: OutputRef): OutputRef =>
    names.has(ref.node)
      ? { node: instance, output: keyOf(border.outputs, (each) => sameOutput(each, ref)) ?? ref.output }
      : ref;
  const input = (ref: InputRef): InputRef =>
    names.has(ref.node)
      ? { node: instance, input: keyOf(border.inputs, (each) => sameInput(each, ref)) ?? ref.input }
      : ref;
  const first = [...graph.nodes.keys()].find((name) => names.has(name)) ?? "";
  const kept = mapAllLinks(
    without(graph.nodes, without(new Map([...names].map((name) => [name, name])), [first]).keys()),
    output,
  );
  return {
    nodes: inPlace(kept, first, without(kept, [first]), new Map([[instance, node]])),
    view: withEntry(without(graph.view, names), instance, middleOf(graph, names)),
    inputs: mapped(graph.inputs, input),
    outputs: mapped(graph.outputs, output),
    reroutes: mapped(graph.reroutes, (each) => {
      if (isInside(each, names)) return null;
      const to = each.to.map(input);
      return { ...each, from: output(each.from), to };
    }),
  };
}

function middleOf(graph: Graph, names: ReadonlySet<string>): View {
  const views = [...names].map((name) => graph.view.get(name)).filter((view) => view !== undefined);
  if (views.length === 0) return PLAIN_VIEW;
  const mean = (values: number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  return { ...PLAIN_VIEW, x: mean(views.map(({ x }) => x)), y: mean(views.map(({ y }) => y)) };
}

/** Would what leaves the subgraph come back into it through other nodes? Returns the input where it does. */
function closesCycle(graph: Graph, names: ReadonlySet<string>): InputRef | null {
  const readers = new Map<string, InputRef[]>();
  for (const { from, to } of wires(graph)) readers.set(from.node, [...(readers.get(from.node) ?? []), to]);
  const stack = readersOf(graph, names).map(({ to }) => to.node);
  const seen = new Set(stack);
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    for (const to of readers.get(name) ?? []) {
      if (names.has(to.node)) return to;
      if (!seen.has(to.node)) stack.push(to.node);
      seen.add(to.node);
    }
  }
  return null;
}

function newNames(graph: Graph, inner: Graph, instance: string): ReadonlyMap<string, string> {
  const taken = new Set(without(graph.nodes, [instance]).keys());
  const names = new Map<string, string>();
  for (const each of inner.nodes.keys()) {
    const name = freeName(each, taken);
    taken.add(name);
    names.set(each, name);
  }
  return names;
}

/** Give an inner node the literals that the instance hands in, and the instance's mode. */
function handedIn(node: Node, name: string, outer: Node, inner: Graph): Node {
  const entries: [string, Value][] = [];
  for (const [port, ref] of inner.inputs) {
    const value = ref.node === name ? outer.inputs.get(port) : undefined;
    if (value !== undefined) entries.push([ref.input, value]);
  }
  if (entries.length === 0 && outer.mode === null) return node;
  return { ...node, mode: outer.mode ?? node.mode, inputs: withEntries(node.inputs, entries) };
}

/** Links that the instance handed in may have come from itself by other instances' names: point them at what they mean now. */
function feedInner(
  workflow: Workflow,
  scope: Scope,
  outer: Node,
  inner: Graph,
  name: (each: string) => string,
  output: (ref: OutputRef) => Link | null,
): Workflow {
  const graph = graphAt(workflow, scope);
  const nodes = new Map(graph.nodes);
  for (const [port, ref] of inner.inputs) {
    const value = outer.inputs.get(port);
    const node = nodes.get(name(ref.node));
    if (value === undefined || !node) continue;
    const linked = mapAllLinks(new Map([["", { ...PLAIN_NODE, inputs: new Map([["", value]]) }]]), output)
      .get("")
      ?.inputs.get("");
    nodes.set(name(ref.node), {
      ...node,
      inputs: linked === undefined ? without(node.inputs, [ref.input]) : withEntry(node.inputs, ref.input, linked),
    });
  }
  return withGraph(workflow, scope, { nodes });
}

function innerInput(inner: Graph, ref: InputRef, name: (each: string) => string): InputRef | null {
  const target = inner.inputs.get(ref.input);
  return target && inner.nodes.has(target.node) ? { node: name(target.node), input: target.input } : null;
}

/** Put entries where one key stood. */
function inPlace<T>(
  order: ReadonlyMap<string, T>,
  key: string,
  kept: ReadonlyMap<string, T>,
  added: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const each of order.keys()) {
    if (each === key) for (const [name, value] of added) made.set(name, value);
    const value = kept.get(each);
    if (value !== undefined) made.set(each, value);
  }
  return made;
}

function shifted(inner: Graph, at: View | undefined): ReadonlyMap<string, View> {
  const middle = middleOf(inner, new Set(inner.nodes.keys()));
  const [right, down] = at ? [at.x - middle.x, at.y - middle.y] : [0, 0];
  return mapped(inner.view, (view) => ({ ...view, x: view.x + right, y: view.y + down }));
}

function isInside(reroute: Reroute, names: ReadonlySet<string>): boolean {
  return names.has(reroute.from.node) && reroute.to.every((to) => names.has(to.node));
}

function keyOf<T>(map: ReadonlyMap<string, T>, wanted: (value: T) => boolean): string | null {
  for (const [key, value] of map) if (wanted(value)) return key;
  return null;
}
