/** The named inputs and outputs of a workflow or subgraph: what its callers and its instances see. */

import { graphAt, mapAllLinks, scopes, withGraph } from "../document/graphs";
import {
  sameInput,
  sameOutput,
  subgraphOf,
  type Graph,
  type InputRef,
  type OutputRef,
  type Scope,
  type Workflow,
} from "../document/model";
import { freeName } from "../document/names";
import { mapped, ordered, renamed, withEntry, without } from "../maps";

export type Side = "inputs" | "outputs";

/** Name an input of a node, so that callers can set it; nothing changes where it has a name already. */
export function exposeInput(workflow: Workflow, scope: Scope, at: InputRef, wanted = at.input): Workflow {
  const { inputs } = graphAt(workflow, scope);
  if ([...inputs.values()].some((each) => sameInput(each, at))) return workflow;
  return withGraph(workflow, scope, { inputs: withEntry(inputs, freeName(wanted.replaceAll("=", "_"), inputs), at) });
}

/** Name an output of a node, so that callers get it; a lone `out` is named after its node. */
export function exposeOutput(workflow: Workflow, scope: Scope, at: OutputRef, wanted = outputName(at)): Workflow {
  const { outputs } = graphAt(workflow, scope);
  if ([...outputs.values()].some((each) => sameOutput(each, at))) return workflow;
  return withGraph(workflow, scope, {
    outputs: withEntry(outputs, freeName(wanted.replaceAll("=", "_"), outputs), at),
  });
}

/** Take a name away, and with it what its instances are given or asked for there. */
export function concealPort(workflow: Workflow, scope: Scope, side: Side, name: string): Workflow {
  return remapPorts(workflow, scope, side, new Map([[name, null]]));
}

/** Call a named input or output something else, also at the instances. The name must be free and allowed. */
export function renamePort(workflow: Workflow, scope: Scope, side: Side, from: string, to: string): Workflow {
  const ports = graphAt(workflow, scope)[side];
  if (from === to || !ports.has(from) || ports.has(to)) return workflow;
  return remapPorts(workflow, scope, side, new Map([[from, to]]));
}

/** Put the named inputs or outputs into another order: that of the form, and of an instance's ports. */
export function orderPorts(workflow: Workflow, scope: Scope, side: Side, names: readonly string[]): Workflow {
  const graph = graphAt(workflow, scope);
  return side === "inputs"
    ? withGraph(workflow, scope, { inputs: ordered(graph.inputs, names) })
    : withGraph(workflow, scope, { outputs: ordered(graph.outputs, names) });
}

/** Let a named input or output change places with the one before it, or after it. */
export function movePort(workflow: Workflow, scope: Scope, side: Side, name: string, by: 1 | -1): Workflow {
  const names = [...graphAt(workflow, scope)[side].keys()];
  const index = names.indexOf(name);
  if (index < 0 || names[index + by] === undefined) return workflow;
  const order = names.toSpliced(index, 1).toSpliced(index + by, 0, name);
  return orderPorts(workflow, scope, side, order);
}

/** Rename ports, or drop them where the new name is null, here and wherever the subgraph stands, up through all levels. */
export function remapPorts(
  workflow: Workflow,
  scope: Scope,
  side: Side,
  names: ReadonlyMap<string, string | null>,
): Workflow {
  if (names.size === 0) return workflow;
  const name = (each: string): string | null => (names.has(each) ? (names.get(each) ?? null) : each);
  let next = withGraph(workflow, scope, {
    [side]: rekeyed(graphAt(workflow, scope)[side] as ReadonlyMap<string, never>, name),
  });
  if (scope === null) return next;
  for (const outer of scopes(next)) {
    const graph = graphAt(next, outer);
    const instances = new Set([...graph.nodes].filter(([, node]) => subgraphOf(node) === scope).map(([each]) => each));
    if (instances.size > 0)
      next = side === "inputs" ? atInputs(next, outer, instances, name) : atOutputs(next, outer, instances, name);
  }
  return next;
}

type Naming = (name: string) => string | null;

function atInputs(workflow: Workflow, scope: Scope, instances: ReadonlySet<string>, name: Naming): Workflow {
  const graph = graphAt(workflow, scope);
  const lost = lostPorts(graph.inputs, (ref) => instances.has(ref.node) && name(ref.input) === null);
  const ref = (each: InputRef): InputRef =>
    instances.has(each.node) ? { ...each, input: name(each.input) ?? each.input } : each;
  const next = withGraph(workflow, scope, {
    nodes: mapped(graph.nodes, (node, each) =>
      instances.has(each) ? { ...node, inputs: rekeyed(node.inputs, name) } : node,
    ),
    inputs: mapped(graph.inputs, ref),
    reroutes: mapped(graph.reroutes, (reroute) => {
      const to = reroute.to.filter((each) => !instances.has(each.node) || name(each.input) !== null).map(ref);
      return to.length > 0 ? { ...reroute, to } : null;
    }),
    view: mapped(graph.view, (view, each) =>
      instances.has(each) ? { ...view, seeds: rekeyed(view.seeds, name) } : view,
    ),
  });
  return remapPorts(next, scope, "inputs", lost);
}

function atOutputs(workflow: Workflow, scope: Scope, instances: ReadonlySet<string>, name: Naming): Workflow {
  const graph = graphAt(workflow, scope);
  const lost = lostPorts(graph.outputs, (ref) => instances.has(ref.node) && name(ref.output) === null);
  const ref = <T extends OutputRef>(each: T): T | null => {
    if (!instances.has(each.node)) return each;
    const output = name(each.output);
    return output === null ? null : output === each.output ? each : { ...each, output };
  };
  const next = withGraph(workflow, scope, {
    nodes: mapAllLinks(graph.nodes, ref),
    outputs: mapped(graph.outputs, (each) => ref(each) ?? each),
    reroutes: mapped(graph.reroutes, (reroute) => {
      const from = ref(reroute.from);
      return from === null ? null : from === reroute.from ? reroute : { ...reroute, from };
    }),
  });
  return remapPorts(next, scope, "outputs", lost);
}

function lostPorts<T>(ports: ReadonlyMap<string, T>, lost: (ref: T) => boolean): ReadonlyMap<string, null> {
  return new Map([...ports].filter(([, ref]) => lost(ref)).map(([name]) => [name, null]));
}

function rekeyed<T>(map: ReadonlyMap<string, T>, name: Naming): ReadonlyMap<string, T> {
  const dropped = [...map.keys()].filter((key) => name(key) === null);
  const kept = without(map, dropped);
  return [...kept.keys()].some((key) => name(key) !== key) ? renamed(kept, (key) => name(key) ?? key) : kept;
}

function outputName(at: OutputRef): string {
  return at.output === "out" ? at.node : at.output;
}

/** Where a named input of a scope leads, or null. */
export function portFor(graph: Graph, at: InputRef): string | null {
  for (const [name, ref] of graph.inputs) if (sameInput(ref, at)) return name;
  return null;
}
