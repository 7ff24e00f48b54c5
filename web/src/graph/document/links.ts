/** What feeds what in one graph. */

import { linksOf, type Graph, type InputRef, type Link, type Node } from "./model";

/** A link with both of its ends; `index` counts the links of a variadic input. */
export interface Wire {
  readonly from: Link;
  readonly to: InputRef;
  readonly index: number;
}

/** All links of a graph, in the order of its nodes and inputs. */
export function wires(graph: Graph): readonly Wire[] {
  const found: Wire[] = [];
  for (const [node, { inputs }] of graph.nodes) {
    for (const [input, value] of inputs) {
      linksOf(value).forEach((from, index) => found.push({ from, to: { node, input }, index }));
    }
  }
  return found;
}

/** The links that read an output of one of these nodes from outside them. */
export function readersOf(graph: Graph, names: ReadonlySet<string>): readonly Wire[] {
  return wires(graph).filter(({ from, to }) => names.has(from.node) && !names.has(to.node));
}

/** The links by which these nodes read from outside them. */
export function feedersOf(graph: Graph, names: ReadonlySet<string>): readonly Wire[] {
  return wires(graph).filter(({ from, to }) => names.has(to.node) && !names.has(from.node));
}

/** The nodes that a node waits for, itself included. */
export function upstream(graph: Graph, start: string): ReadonlySet<string> {
  return reachable(start, (name) => sources(graph.nodes.get(name)));
}

/** The nodes that wait for a node, itself included. */
export function downstream(graph: Graph, start: string): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const { from, to } of wires(graph)) {
    const known = readers.get(from.node);
    if (known) known.push(to.node);
    else readers.set(from.node, [to.node]);
  }
  return reachable(start, (name) => readers.get(name) ?? []);
}

function sources(node: Node | undefined): string[] {
  return node
    ? Array.from(node.inputs.values(), linksOf)
        .flat()
        .map((link) => link.node)
    : [];
}

function reachable(start: string, next: (name: string) => Iterable<string>): ReadonlySet<string> {
  const seen = new Set([start]);
  const stack = [start];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    for (const each of next(name)) {
      if (seen.has(each)) continue;
      seen.add(each);
      stack.push(each);
    }
  }
  return seen;
}
