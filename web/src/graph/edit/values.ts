/** Literals at inputs, and what becomes of seeds. */

import { graphAt, withGraph } from "../document/graphs";
import {
  isLiteral,
  PLAIN_VIEW,
  type InputRef,
  type Literal,
  type Scope,
  type SeedRule,
  type Workflow,
} from "../document/model";
import { withEntry, without } from "../maps";
import type { Registry } from "../types/nodeType";
import { signatureOf } from "../types/signature";
import { changeNodes } from "./nodes";

/** Write a value at an input; a link that fed it is gone. Undefined takes it back to the default. */
export function setValue(workflow: Workflow, scope: Scope, at: InputRef, value: Literal | undefined): Workflow {
  return changeNodes(workflow, scope, [at.node], (node) => ({
    ...node,
    inputs: value === undefined ? without(node.inputs, [at.input]) : withEntry(node.inputs, at.input, value),
  }));
}

/** The literal that counts at an input: what is written, else the default; undefined where a link feeds it or nothing is known. */
export function valueAt(workflow: Workflow, scope: Scope, at: InputRef, registry: Registry): Literal | undefined {
  const graph = graphAt(workflow, scope);
  const written = graph.nodes.get(at.node)?.inputs.get(at.input);
  if (written !== undefined) return isLiteral(written) ? written : undefined;
  if (!graph.nodes.has(at.node)) return undefined;
  return signatureOf(workflow, scope, at.node, registry).inputs.find((each) => each.name === at.input)?.default;
}

/** Say what becomes of a seed after a run; null keeps it. */
export function setSeedRule(workflow: Workflow, scope: Scope, at: InputRef, rule: SeedRule | null): Workflow {
  const graph = graphAt(workflow, scope);
  const view = graph.view.get(at.node) ?? PLAIN_VIEW;
  const seeds = rule === null ? without(view.seeds, [at.input]) : withEntry(view.seeds, at.input, rule);
  return withGraph(workflow, scope, { view: withEntry(graph.view, at.node, { ...view, seeds }) });
}

/**
 * The workflow as the next run takes it: every seed changed by its rule, so that the document says what was run.
 *
 * `random` gives 64 random bits. A seed that counts on does so once the run before, `ran`, has used it. One that a link
 * feeds stays.
 */
export function nextSeeds(workflow: Workflow, ran: Workflow | null, random: () => bigint): Workflow {
  let next = workflow;
  for (const scope of [null, ...workflow.subgraphs.keys()]) {
    for (const [node, view] of graphAt(workflow, scope).view) {
      for (const [input, rule] of view.seeds) {
        const at = { node, input };
        const seed = seedAt(workflow, scope, at);
        if (seed === null) continue;
        const used = ran !== null && (scope === null || ran.subgraphs.has(scope)) && seedAt(ran, scope, at) === seed;
        const drawn = rule === "random" ? random() : used ? seed + 1n : seed;
        if (drawn !== seed) next = setValue(next, scope, at, BigInt.asUintN(64, drawn));
      }
    }
  }
  return next;
}

function seedAt(workflow: Workflow, scope: Scope, at: InputRef): bigint | null {
  const value = graphAt(workflow, scope).nodes.get(at.node)?.inputs.get(at.input) ?? 0n;
  return typeof value === "bigint" ? value : null;
}
