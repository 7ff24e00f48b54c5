/** The graphs inside a workflow: looking at one, changing one, and the paths of nodes such as `outer/inner`. */

import { mapped, withEntry } from "../maps";
import {
  DEEPEST_SUBGRAPH,
  subgraphOf,
  type Graph,
  type InputRef,
  type Link,
  type Node,
  type Scope,
  type Value,
  type Workflow,
  isLink,
  isLinkList,
} from "./model";

/** The graph of a scope; throws where there is none, since a scope comes from `resolve` or from the workflow itself. */
export function graphAt(workflow: Workflow, scope: Scope): Graph {
  if (scope === null) return workflow;
  const graph = workflow.subgraphs.get(scope);
  if (!graph) throw new Error(`there is no subgraph '${scope}'`);
  return graph;
}

export function nodeAt(workflow: Workflow, scope: Scope, name: string): Node {
  const node = graphAt(workflow, scope).nodes.get(name);
  if (!node) throw new Error(`there is no node '${name}'`);
  return node;
}

/** The workflow with parts of one of its graphs replaced; the very same workflow where nothing is new. */
export function withGraph(workflow: Workflow, scope: Scope, changes: Partial<Graph>): Workflow {
  const graph = graphAt(workflow, scope);
  const keys = Object.keys(changes) as (keyof Graph)[];
  if (keys.every((key) => changes[key] === graph[key])) return workflow;
  if (scope === null) return { ...workflow, ...changes };
  return { ...workflow, subgraphs: withEntry(workflow.subgraphs, scope, { ...graph, ...changes }) };
}

/** All scopes: the workflow itself, then its subgraphs. */
export function scopes(workflow: Workflow): readonly Scope[] {
  return [null, ...workflow.subgraphs.keys()];
}

/** Where a path leads: `outer/inner` is the node `inner` of the subgraph that `outer` stands for. */
export interface Place {
  readonly scope: Scope;
  readonly name: string;
  readonly node: Node;
}

export function splitPath(path: string): readonly string[] {
  return path === "" ? [] : path.split("/");
}

export function joinPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

/** The node at a path of instances, or null where it leads nowhere. */
export function resolve(workflow: Workflow, path: string): Place | null {
  const parts = splitPath(path);
  const name = parts.at(-1);
  if (name === undefined) return null;
  const scope = scopeAt(workflow, parts.slice(0, -1));
  const node = scope === undefined ? undefined : graphAt(workflow, scope).nodes.get(name);
  return scope === undefined || node === undefined ? null : { scope, name, node };
}

/** The scope that one enters by these instances, one inside the other; undefined where one of them is none. */
export function scopeAt(workflow: Workflow, instances: readonly string[]): Scope | undefined {
  let scope: Scope = null;
  for (const instance of instances) {
    const node: Node | undefined = graphAt(workflow, scope).nodes.get(instance);
    const id: Scope = node ? subgraphOf(node) : null;
    if (id === null || !workflow.subgraphs.has(id)) return undefined;
    scope = id;
  }
  return scope;
}

/** The paths of all nodes that stand for a subgraph, wherever they are; at most `most`. */
export function instancesOf(workflow: Workflow, id: string, most = 1000): readonly string[] {
  const found: string[] = [];
  const walk = (scope: Scope, prefix: string, depth: number): void => {
    for (const [name, node] of graphAt(workflow, scope).nodes) {
      const inner = subgraphOf(node);
      if (inner === null || found.length >= most) continue;
      if (inner === id) found.push(joinPath(prefix, name));
      if (workflow.subgraphs.has(inner) && depth < DEEPEST_SUBGRAPH) walk(inner, joinPath(prefix, name), depth + 1);
    }
  };
  walk(null, "", 0);
  return found;
}

/** Would an instance of `id` inside `scope` contain itself? */
export function contains(workflow: Workflow, id: string, scope: Scope): boolean {
  if (scope === null) return false;
  const seen = new Set<string>();
  const stack = [id];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next === scope) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    for (const node of workflow.subgraphs.get(next)?.nodes.values() ?? []) {
      const inner = subgraphOf(node);
      if (inner !== null) stack.push(inner);
    }
  }
  return false;
}

/** The ids of all subgraphs that these nodes stand for, and those inside them, in the order of the workflow. */
export function subgraphsUnder(workflow: Workflow, nodes: Iterable<Node>): readonly string[] {
  const seen = new Set<string>();
  const stack = [...nodes];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const id = subgraphOf(node);
    const graph = id === null ? undefined : workflow.subgraphs.get(id);
    if (id === null || graph === undefined || seen.has(id)) continue;
    seen.add(id);
    stack.push(...graph.nodes.values());
  }
  return [...workflow.subgraphs.keys()].filter((id) => seen.has(id));
}

/** Change the links of a value, or drop one by returning null; undefined where none is left of those that were there. */
export function mapLinks(value: Value, change: (link: Link) => Link | null): Value | undefined {
  if (isLink(value)) return change(value) ?? undefined;
  if (!isLinkList(value)) return value;
  const links = value.map(change).filter((link) => link !== null);
  if (links.length === value.length && links.every((link, index) => link === value[index])) return value;
  return links.length > 0 ? links : undefined;
}

/** Change the links at all inputs of all nodes, or drop them; the very same nodes where nothing changes. */
export function mapAllLinks(
  nodes: ReadonlyMap<string, Node>,
  change: (link: Link, at: InputRef) => Link | null,
): ReadonlyMap<string, Node> {
  return mapped(nodes, (node, name) => {
    const inputs = mapped<Value | undefined>(node.inputs, (value, input) =>
      value === undefined ? undefined : (mapLinks(value, (link) => change(link, { node: name, input })) ?? null),
    ) as ReadonlyMap<string, Value>;
    return inputs === node.inputs ? node : { ...node, inputs };
  });
}
