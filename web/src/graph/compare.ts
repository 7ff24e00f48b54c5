/** What is different between two workflows: for two pictures side by side, and for two tabs that edit one file. */

import { valueText } from "./document/write";
import {
  SUBGRAPH_PREFIX,
  type Graph,
  type InputRef,
  type Node,
  type OutputRef,
  type Value,
  type Workflow,
} from "./document/model";

export type Difference =
  | { readonly kind: "node-added" | "node-removed"; readonly path: string; readonly type: string }
  | {
      readonly kind: "type" | "mode" | "title";
      readonly path: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /** A literal or a link at an input; undefined where the default counts. */
  | {
      readonly kind: "input";
      readonly path: string;
      readonly input: string;
      readonly before: Value | undefined;
      readonly after: Value | undefined;
    }
  | {
      readonly kind: "port";
      readonly path: string;
      readonly side: "inputs" | "outputs";
      readonly name: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  | { readonly kind: "subgraph-added" | "subgraph-removed"; readonly path: string }
  | {
      readonly kind: "name" | "description";
      readonly path: "";
      readonly before: string | null;
      readonly after: string | null;
    }
  /** Nothing that is computed: places, groups, notes. */
  | { readonly kind: "drawing"; readonly path: string };

/** Everything that differs, nodes matched by their names. An empty list means equal files. */
export function compareWorkflows(before: Workflow, after: Workflow): readonly Difference[] {
  const words = (["name", "description"] as const).flatMap((kind): Difference[] =>
    before[kind] === after[kind] ? [] : [{ kind, path: "", before: before[kind], after: after[kind] }],
  );
  const ids = new Set([...before.subgraphs.keys(), ...after.subgraphs.keys()]);
  const inner = [...ids].flatMap((id): readonly Difference[] => {
    const [old, next] = [before.subgraphs.get(id), after.subgraphs.get(id)];
    const path = SUBGRAPH_PREFIX + id;
    if (!old) return [{ kind: "subgraph-added", path }];
    return next ? compareGraphs(old, next, `${path}/`) : [{ kind: "subgraph-removed", path }];
  });
  return [...words, ...compareGraphs(before, after, ""), ...inner];
}

/** Would both compute the same? Names of nodes, titles and drawings do not count. */
export function changesResult(difference: Difference): boolean {
  return !["title", "name", "description", "drawing"].includes(difference.kind);
}

function compareGraphs(before: Graph, after: Graph, prefix: string): readonly Difference[] {
  const found: Difference[] = [];
  for (const name of new Set([...before.nodes.keys(), ...after.nodes.keys()])) {
    const [old, next] = [before.nodes.get(name), after.nodes.get(name)];
    const path = prefix + name;
    if (!old && next) found.push({ kind: "node-added", path, type: next.type });
    else if (old && !next) found.push({ kind: "node-removed", path, type: old.type });
    else if (old && next) found.push(...compareNodes(old, next, path));
  }
  found.push(...comparePorts("inputs", before, after, prefix), ...comparePorts("outputs", before, after, prefix));
  if (drawn(before) !== drawn(after)) found.push({ kind: "drawing", path: prefix.replace(/\/$/, "") });
  return found;
}

function compareNodes(before: Node, after: Node, path: string): readonly Difference[] {
  const found: Difference[] = [];
  for (const kind of ["type", "mode", "title"] as const) {
    if (before[kind] !== after[kind]) found.push({ kind, path, before: before[kind], after: after[kind] });
  }
  for (const input of new Set([...before.inputs.keys(), ...after.inputs.keys()])) {
    const [old, next] = [before.inputs.get(input), after.inputs.get(input)];
    if (!sameValue(old, next)) found.push({ kind: "input", path, input, before: old, after: next });
  }
  return found;
}

export function sameValue(one: Value | undefined, other: Value | undefined): boolean {
  if (one === other) return true;
  return one !== undefined && other !== undefined && valueText(one) === valueText(other);
}

function comparePorts(side: "inputs" | "outputs", before: Graph, after: Graph, path: string): readonly Difference[] {
  const text = (ref: InputRef | OutputRef | undefined) =>
    ref ? `${ref.node}.${"input" in ref ? ref.input : ref.output}` : null;
  const names = new Set([...before[side].keys(), ...after[side].keys()]);
  return [...names].flatMap((name): Difference[] => {
    const [old, next] = [text(before[side].get(name)), text(after[side].get(name))];
    return old === next ? [] : [{ kind: "port", path: path.replace(/\/$/, ""), side, name, before: old, after: next }];
  });
}

function drawn(graph: Graph): string {
  const plain = (value: unknown): unknown => (value instanceof Map ? [...value] : value);
  const places = [graph.view, graph.groups, graph.notes, graph.reroutes].map((map) =>
    [...map].toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  return JSON.stringify(places, (_, value) => plain(value));
}
