/** Why a node had to be computed: what is different from the run before. */

import type { Workflow } from "../document/model";
import type { Registry } from "../types/nodeType";
import { partAt, sameFeed, sourcesOf, type Part } from "./feeds";

export type Why =
  /** There was no run before, or the node was not in it. */
  | { readonly kind: "first" }
  /** The node itself is of another type, or was muted or bypassed. */
  | { readonly kind: "changed" }
  /** These inputs hold something else, or come from somewhere else. */
  | { readonly kind: "inputs"; readonly inputs: readonly string[] }
  /** The nodes that it depends on and that changed themselves, by their paths. */
  | { readonly kind: "upstream"; readonly nodes: readonly string[] }
  /** It saves files, so it runs every time. */
  | { readonly kind: "saves" }
  /** Nothing is different: its result was not kept, or a file on disk is another. */
  | { readonly kind: "again" };

/** Compare two runs: the answer tells for each node of the later one why it was computed. */
export function whyRan(before: Workflow | null, after: Workflow, registry: Registry): (path: string) => Why {
  if (!before) return () => ({ kind: "first" });
  const known = new Map<string, Why>();
  const own = (path: string): Why => {
    const reason = known.get(path) ?? ownReason(before, after, path);
    known.set(path, reason);
    return reason;
  };
  return (path) => {
    const reason = own(path);
    if (reason.kind !== "again") return reason;
    const nodes = changedAbove(after, path, own);
    if (nodes.length > 0) return { kind: "upstream", nodes };
    return registry.byName.get(partAt(after, path)?.node.type ?? "")?.saves === true ? { kind: "saves" } : reason;
  };
}

function ownReason(before: Workflow, after: Workflow, path: string): Why {
  const [old, next] = [partAt(before, path), partAt(after, path)];
  if (!old || !next) return { kind: "first" };
  if (old.node.type !== next.node.type || old.node.mode !== next.node.mode) return { kind: "changed" };
  const inputs = changedInputs(before, old, after, next);
  return inputs.length > 0 ? { kind: "inputs", inputs } : { kind: "again" };
}

function changedInputs(before: Workflow, old: Part, after: Workflow, next: Part): readonly string[] {
  const names = new Set([...old.feeds.keys(), ...next.feeds.keys()]);
  return [...names].filter((name) => !sameFeed(before, old.feeds.get(name), after, next.feeds.get(name)));
}

/** The nearest nodes above that changed: what is above those makes no difference any more. */
function changedAbove(after: Workflow, start: string, own: (path: string) => Why): readonly string[] {
  const found: string[] = [];
  const seen = new Set([start]);
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (own(path).kind !== "again") {
      found.push(path);
      continue;
    }
    for (const feed of partAt(after, path)?.feeds.values() ?? []) {
      for (const source of sourcesOf(after, feed)) {
        if (!seen.has(source)) queue.push(source);
        seen.add(source);
      }
    }
  }
  return found;
}
