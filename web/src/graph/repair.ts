/** What would put a problem right, where the server's hint or the graph itself tells. */

import { fittingOutputs } from "./connect";
import { graphAt, nodeAt, resolve, withGraph } from "./document/graphs";
import { isLiteral, linksOf, type OutputRef, type Scope, type Workflow } from "./document/model";
import { connect } from "./edit/links";
import { setValue } from "./edit/values";
import { renamed, withEntry } from "./maps";
import type { Registry } from "./types/nodeType";
import { signatureOf } from "./types/signature";

export interface Trouble {
  readonly code: string;
  readonly node?: string | null;
  readonly input?: string | null;
  readonly hint?: string | null;
}

export interface Repair {
  /** `use`: write this instead; `link`: link this output of a node. */
  readonly kind: "use" | "link";
  /** The value, or the title of the node that is linked. */
  readonly what: string;
  readonly apply: (workflow: Workflow) => Workflow;
}

const MOST = 2;

/** At most two ways out, the best first; none where nobody can know. */
export function repairsFor(workflow: Workflow, registry: Registry, trouble: Trouble): readonly Repair[] {
  const place = trouble.node ? resolve(workflow, trouble.node) : null;
  if (!place) return [];
  const { scope, name } = place;
  const input = trouble.input ?? null;
  const meant = suggestions(trouble.hint ?? "");
  if (meant.length > 0)
    return meant.slice(0, MOST).flatMap((what) => use(workflow, scope, name, input, trouble.code, what));
  if (trouble.code !== "missing-input" || input === null) return [];
  return links(workflow, registry, scope, { node: name, input });
}

/** The names in `did you mean 'a' or 'b'?`, as Python quotes them. */
export function suggestions(hint: string): readonly string[] {
  const asked = /^did you mean (.*)\?$/s.exec(hint.trim());
  if (!asked?.[1]) return [];
  return [...asked[1].matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs)].map(([, single, double]) =>
    (single ?? double ?? "").replace(/\\(.)/g, "$1"),
  );
}

function use(
  workflow: Workflow,
  scope: Scope,
  name: string,
  input: string | null,
  code: string,
  what: string,
): readonly Repair[] {
  const node = nodeAt(workflow, scope, name);
  const change = (next: Workflow, changes: Partial<typeof node>): Workflow => {
    const graph = graphAt(next, scope);
    return withGraph(next, scope, {
      nodes: withEntry(graph.nodes, name, { ...nodeAt(next, scope, name), ...changes }),
    });
  };
  if (code === "unknown-type")
    return [{ kind: "use", what, apply: (next) => change(next, { type: what, version: null }) }];
  if (input === null) return [];
  if (code === "unknown-input") {
    if (!node.inputs.has(input) || node.inputs.has(what)) return [];
    return [
      {
        kind: "use",
        what,
        apply: (next) =>
          change(next, { inputs: renamed(nodeAt(next, scope, name).inputs, (each) => (each === input ? what : each)) }),
      },
    ];
  }
  const value = node.inputs.get(input);
  if (code.includes("output") || (value !== undefined && (!isLiteral(value) || typeof value !== "string"))) return [];
  return [{ kind: "use", what, apply: (next) => setValue(next, scope, { node: name, input }, what) }];
}

/** Outputs that fit and that nobody reads yet come first: they are the likelier ones to have been forgotten. */
function links(
  workflow: Workflow,
  registry: Registry,
  scope: Scope,
  at: { readonly node: string; readonly input: string },
): readonly Repair[] {
  const graph = graphAt(workflow, scope);
  const read = new Set(
    [...graph.nodes.values()].flatMap(({ inputs }) =>
      [...inputs.values()].flatMap((value) => linksOf(value).map((each) => `${each.node}.${each.output}`)),
    ),
  );
  const isRead = ({ node, output }: OutputRef) => read.has(`${node}.${output}`);
  const fitting = fittingOutputs({ workflow, scope, registry }, at);
  const free = fitting.filter((each) => !isRead(each));
  const found = free.length > 0 ? free : fitting;
  return found.slice(0, MOST).map((from): Repair => ({
    kind: "link",
    what: nodeAt(workflow, scope, from.node).title ?? signatureOf(workflow, scope, from.node, registry).label,
    apply: (next) => connect(next, scope, from, at),
  }));
}
