/** What feeds each node in a run, seen through subgraphs: every node by its path, every link from node to node. */

import { graphAt, joinPath, resolve, splitPath } from "../document/graphs";
import {
  DEEPEST_SUBGRAPH,
  linksOf,
  subgraphOf,
  type Graph,
  type Link,
  type Node,
  type Value,
  type Workflow,
} from "../document/model";
import { sameValue } from "../compare";

/** A value where it stands: its links mean nodes of the graph that `prefix` leads to. */
export interface Feed {
  readonly prefix: string;
  readonly value: Value;
}

/** A node of a run, never an instance of a subgraph. */
export interface Part {
  readonly path: string;
  readonly node: Node;
  /** By input name; an input of a subgraph's instance stands at the inner input that it leads to. */
  readonly feeds: ReadonlyMap<string, Feed>;
}

/** The node at a path with what feeds it, or null where there is none. */
export function partAt(workflow: Workflow, path: string): Part | null {
  const place = resolve(workflow, path);
  if (!place) return null;
  const parts = splitPath(path);
  const prefix = joinPath(...parts.slice(0, -1));
  const feeds = new Map<string, Feed>();
  for (const [input, value] of place.node.inputs) feeds.set(input, { prefix, value });
  for (const [port, ref] of place.scope === null ? [] : graphAt(workflow, place.scope).inputs) {
    if (ref.node !== place.name) continue;
    const given = partAt(workflow, prefix)?.feeds.get(port);
    if (given) feeds.set(ref.input, given);
  }
  return { path, node: place.node, feeds };
}

/** The path of the node that really gives what a link carries: of an instance, the node inside it. */
export function sourceOf(workflow: Workflow, prefix: string, link: Link): { path: string; output: string } | null {
  let path = joinPath(prefix, link.node);
  let { output } = link;
  while (splitPath(path).length <= DEEPEST_SUBGRAPH) {
    const node = resolve(workflow, path)?.node;
    if (!node) return null;
    const inner = innerGraph(workflow, node);
    if (!inner) return { path, output };
    const ref = inner.outputs.get(output);
    if (!ref) return null;
    path = joinPath(path, ref.node);
    ({ output } = ref);
  }
  return null;
}

/** The nodes that a feed comes from. */
export function sourcesOf(workflow: Workflow, { prefix, value }: Feed): readonly string[] {
  return linksOf(value).flatMap((link) => sourceOf(workflow, prefix, link)?.path ?? []);
}

/** Do two inputs get the same, as far as it stands at the input itself? */
export function sameFeed(before: Workflow, one: Feed | undefined, after: Workflow, other: Feed | undefined): boolean {
  const [old, next] = [linksOf(one?.value), linksOf(other?.value)];
  if (old.length === 0 || next.length === 0) return sameValue(one?.value, other?.value);
  const text = (workflow: Workflow, { prefix }: Feed, links: readonly Link[]) =>
    links.map((link) => JSON.stringify(sourceOf(workflow, prefix, link))).join();
  return one !== undefined && other !== undefined && text(before, one, old) === text(after, other, next);
}

/** The graph inside an instance, or null for any other node. */
export function innerGraph(workflow: Workflow, node: Node): Graph | null {
  const id = subgraphOf(node);
  return id === null ? null : (workflow.subgraphs.get(id) ?? null);
}
