/** Which nodes a run has to do with. */

import { joinPath, resolve, splitPath } from "../document/graphs";
import { DEEPEST_SUBGRAPH, type Graph, type Node, type Workflow } from "../document/model";
import type { Registry } from "../types/nodeType";
import { innerGraph, partAt, sourceOf, sourcesOf } from "./feeds";

/**
 * The paths of the nodes that a run of these targets wants, in no order. Without targets these are the nodes that save
 * and those that named outputs come from. It is the server that decides; this tells what to expect of it meanwhile.
 */
export function runPaths(
  workflow: Workflow,
  registry: Registry,
  targets: readonly string[] | null,
): ReadonlySet<string> {
  const found = new Set<string>();
  const stack = targets ? targets.flatMap((each) => meant(workflow, each)) : wanted(workflow, registry);
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const part = partAt(workflow, path);
    if (!part || found.has(path) || isMuted(workflow, path)) continue;
    found.add(path);
    for (const feed of part.feeds.values()) stack.push(...sourcesOf(workflow, feed));
  }
  for (const path of found) if (partAt(workflow, path)?.node.mode === "bypass") found.delete(path);
  return found;
}

function wanted(workflow: Workflow, registry: Registry): string[] {
  const named = [...workflow.outputs.values()].flatMap((ref) => sourceOf(workflow, "", ref)?.path ?? []);
  const saving = leaves(workflow, workflow, "").filter(([, node]) => registry.byName.get(node.type)?.saves === true);
  return [...named, ...saving.map(([path]) => path)];
}

/** A target is a node, a named output, or an instance, which stands for all that is inside it. */
function meant(workflow: Workflow, target: string): readonly string[] {
  const named = workflow.outputs.get(target);
  if (named) return [sourceOf(workflow, "", named)?.path ?? ""];
  const node = resolve(workflow, target)?.node;
  const inner = node && innerGraph(workflow, node);
  return inner ? leaves(workflow, inner, target).map(([path]) => path) : [target];
}

function leaves(workflow: Workflow, graph: Graph, prefix: string): readonly (readonly [string, Node])[] {
  if (splitPath(prefix).length > DEEPEST_SUBGRAPH) return []; // a subgraph that contains itself: the server refuses it
  return [...graph.nodes].flatMap(([name, node]): readonly (readonly [string, Node])[] => {
    const path = joinPath(prefix, name);
    const inner = innerGraph(workflow, node);
    return inner ? leaves(workflow, inner, path) : [[path, node]];
  });
}

function isMuted(workflow: Workflow, path: string): boolean {
  const parts = splitPath(path);
  return parts.some((_, index) => resolve(workflow, joinPath(...parts.slice(0, index + 1)))?.node.mode === "mute");
}

/** The paths of these nodes of a graph, for a run of what is selected. */
export function targetsOf(
  workflow: Workflow,
  instances: readonly string[],
  names: Iterable<string>,
): readonly string[] {
  const paths = [...names].map((name) => joinPath(...instances, name));
  return paths.filter((path) => resolve(workflow, path) !== null && !isMuted(workflow, path));
}
