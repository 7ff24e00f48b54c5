/** Copying and pasting. What lies on the clipboard is a workflow file, so any workflow can be pasted, and a copy be read by people. */

import { contains, graphAt, mapAllLinks, subgraphsUnder, withGraph } from "../document/graphs";
import {
  EMPTY_WORKFLOW,
  SUBGRAPH_PREFIX,
  subgraphOf,
  type Graph,
  type Node,
  type Reroute,
  type Scope,
  type Workflow,
} from "../document/model";
import { freeName } from "../document/names";
import { readWorkflow } from "../document/read";
import { dump } from "../document/write";
import { mapped, only, withEntries } from "../maps";
import type { Point } from "./nodes";

/** What is selected, by kind. */
export interface Selection {
  readonly nodes: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly notes: ReadonlySet<string>;
  readonly reroutes: ReadonlySet<string>;
}

export const NOTHING_SELECTED: Selection = {
  nodes: new Set(),
  groups: new Set(),
  notes: new Set(),
  reroutes: new Set(),
};

export interface Pasted {
  readonly workflow: Workflow;
  readonly selection: Selection;
}

/** Cut a selection out as a workflow of its own. Links to what is not selected stay, for pasting with links. */
export function copy(workflow: Workflow, scope: Scope, selection: Selection): Workflow {
  const graph = graphAt(workflow, scope);
  const nodes = only(graph.nodes, selection.nodes);
  const inside = (each: Reroute) =>
    selection.nodes.has(each.from.node) && each.to.every((to) => selection.nodes.has(to.node));
  return {
    ...EMPTY_WORKFLOW,
    nodes,
    view: only(graph.view, selection.nodes),
    groups: only(graph.groups, selection.groups),
    notes: only(graph.notes, selection.notes),
    reroutes: new Map([...graph.reroutes].filter(([, each]) => inside(each))),
    subgraphs: only(workflow.subgraphs, new Set(subgraphsUnder(workflow, nodes.values()))),
  };
}

export function toClipboard(clip: Workflow): string {
  return dump(clip);
}

/** The workflow that a text holds, or null where it is something else. */
export function fromClipboard(text: string): Workflow | null {
  if (!text.trimStart().startsWith("{")) return null;
  const reading = readWorkflow(text);
  return reading.ok ? reading.workflow : null;
}

/**
 * Put a clip into a graph, shifted by `by`, under names that are free there. `withLinks` keeps links to nodes outside
 * the clip that exist in the graph. Nodes that would put a subgraph into itself are left out.
 */
export function paste(workflow: Workflow, scope: Scope, clip: Workflow, by: Point, withLinks: boolean): Pasted {
  const { workflow: ready, ids } = adopt(workflow, clip);
  const graph = graphAt(ready, scope);
  const names = new Map<string, string>();
  const taken = new Set(graph.nodes.keys());
  const nodes = new Map<string, Node>();
  for (const [name, node] of clip.nodes) {
    const placed = instanceOf(node, ids);
    const id = subgraphOf(placed);
    if (id !== null && contains(ready, id, scope)) continue;
    names.set(name, take(name, taken));
    nodes.set(name, placed);
  }
  const linked = mapAllLinks(nodes, (link) => {
    const inner = names.get(link.node);
    if (inner !== undefined) return { ...link, node: inner };
    return withLinks && graph.nodes.has(link.node) ? link : null;
  });
  const decorations = decorationsFrom(graph, clip, by, names);
  const pasted = withGraph(ready, scope, {
    nodes: withEntries(graph.nodes, rename(linked, names)),
    view: withEntries(graph.view, rename(shift(clip.view, by), names)),
    ...decorations.changes,
  });
  return { workflow: pasted, selection: { ...decorations.selection, nodes: new Set(names.values()) } };
}

/** Copy and paste in one: the copies keep the links that fed the originals. */
export function duplicate(workflow: Workflow, scope: Scope, selection: Selection, by: Point): Pasted {
  return paste(workflow, scope, copy(workflow, scope, selection), by, true);
}

/** Take in the subgraphs of another workflow. One that is the same here is shared; another of that name gets a new one. */
export function adopt(
  workflow: Workflow,
  other: Workflow,
): { readonly workflow: Workflow; readonly ids: ReadonlyMap<string, string> } {
  const ids = new Map<string, string>();
  const taken = new Set(workflow.subgraphs.keys());
  for (const id of other.subgraphs.keys()) {
    const here = workflow.subgraphs.get(id);
    ids.set(id, here && sameSubgraphs(workflow, other, id) ? id : take(id, taken));
  }
  const entries = Array.from(other.subgraphs, ([id, graph]): [string, Graph] => [
    ids.get(id) ?? id,
    { ...graph, nodes: mapped(graph.nodes, (node) => instanceOf(node, ids)) },
  ]);
  const fresh = entries.filter(([id]) => !workflow.subgraphs.has(id));
  if (fresh.length === 0) return { workflow, ids };
  return { workflow: { ...workflow, subgraphs: withEntries(workflow.subgraphs, fresh) }, ids };
}

function sameSubgraphs(one: Workflow, other: Workflow, id: string): boolean {
  const whole = (workflow: Workflow) => {
    const instance: Node = { type: SUBGRAPH_PREFIX + id, version: null, title: null, mode: null, inputs: new Map() };
    const subgraphs = subgraphsUnder(workflow, [instance]).toSorted();
    return subgraphs
      .map((each) => dump({ ...EMPTY_WORKFLOW, subgraphs: only(workflow.subgraphs, new Set([each])) }))
      .join();
  };
  return whole(one) === whole(other);
}

function instanceOf(node: Node, ids: ReadonlyMap<string, string>): Node {
  const id = subgraphOf(node);
  const next = id === null ? undefined : ids.get(id);
  return next === undefined || next === id ? node : { ...node, type: SUBGRAPH_PREFIX + next };
}

function decorationsFrom(graph: Graph, clip: Graph, by: Point, names: ReadonlyMap<string, string>) {
  const groups = fresh(clip.groups, graph.groups);
  const notes = fresh(clip.notes, graph.notes);
  const reroutes = fresh(clip.reroutes, graph.reroutes);
  const node = <T extends { readonly node: string }>(ref: T): T => ({ ...ref, node: names.get(ref.node) ?? ref.node });
  const whole = [...clip.reroutes].filter(
    ([, { from, to }]) => names.has(from.node) && to.every((each) => names.has(each.node)),
  );
  const routed = new Map(
    whole.map(([name, each]) => [name, { ...each, from: node(each.from), to: each.to.map(node) }]),
  );
  return {
    changes: {
      groups: withEntries(graph.groups, rename(shift(clip.groups, by), groups)),
      notes: withEntries(graph.notes, rename(shift(clip.notes, by), notes)),
      reroutes: withEntries(graph.reroutes, rename(shift(routed, by), reroutes)),
    },
    selection: {
      groups: new Set(groups.values()),
      notes: new Set(notes.values()),
      reroutes: new Set([...routed.keys()].map((name) => reroutes.get(name) ?? name)),
    },
  };
}

function fresh(
  names: ReadonlyMap<string, unknown>,
  present: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, string> {
  const taken = new Set(present.keys());
  return new Map(Array.from(names.keys(), (name) => [name, take(name, taken)]));
}

function take(wanted: string, taken: Set<string>): string {
  const name = freeName(wanted, taken);
  taken.add(name);
  return name;
}

function rename<T>(map: ReadonlyMap<string, T>, names: ReadonlyMap<string, string>): [string, T][] {
  return [...map].flatMap(([name, value]) => {
    const next = names.get(name);
    return next === undefined ? [] : [[next, value] as [string, T]];
  });
}

function shift<T extends Point>(map: ReadonlyMap<string, T>, by: Point): ReadonlyMap<string, T> {
  return mapped(map, (each) => ({ ...each, x: each.x + by.x, y: each.y + by.y }));
}
