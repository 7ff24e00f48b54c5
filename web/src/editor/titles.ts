import type { Situation } from "../graph/connect";
import { graphAt } from "../graph/document/graphs";
import { signatureOf } from "../graph/types/signature";

/** What stands above a node. */
export function titleAt({ workflow, scope, registry }: Situation, name: string): string {
  const node = graphAt(workflow, scope).nodes.get(name);
  if (!node) return name;
  return node.title ?? signatureOf(workflow, scope, name, registry).label;
}
