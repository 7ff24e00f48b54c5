/** Making, moving and cutting links. `canConnect` says beforehand whether one may be made. */

import { graphAt, withGraph } from "../document/graphs";
import {
  isLinkList,
  linksOf,
  sameInput,
  sameOutput,
  type InputRef,
  type Link,
  type OutputRef,
  type Reroute,
  type Scope,
  type Value,
  type Workflow,
} from "../document/model";
import { mapped, withEntry, without } from "../maps";
import { changeNodes } from "./nodes";

/** Let an output feed an input. A variadic input takes it at `index` or at its end; any other gives up what it had. */
export function connect(
  workflow: Workflow,
  scope: Scope,
  from: OutputRef,
  to: InputRef,
  variadic = false,
  index?: number,
): Workflow {
  const link: Link = { node: from.node, output: from.output };
  const change = (value: Value | undefined): Value => {
    if (!variadic) return link;
    const links = [...linksOf(value)];
    links.splice(index ?? links.length, 0, link);
    return links;
  };
  return changeInput(workflow, scope, to, change);
}

/** Cut the links at an input, or only the one at `index`. */
export function disconnect(workflow: Workflow, scope: Scope, to: InputRef, index?: number): Workflow {
  const value = graphAt(workflow, scope).nodes.get(to.node)?.inputs.get(to.input);
  if (linksOf(value).length === 0) return workflow;
  if (index === undefined || !isLinkList(value)) return changeInput(workflow, scope, to, () => undefined);
  const rest = value.filter((_, each) => each !== index);
  return changeInput(workflow, scope, to, () => (rest.length > 0 ? rest : undefined));
}

/** Cut every link that reads an output. */
export function disconnectOutput(workflow: Workflow, scope: Scope, from: OutputRef): Workflow {
  let next = workflow;
  for (const [node, { inputs }] of graphAt(workflow, scope).nodes) {
    for (const [input, value] of inputs) {
      const cut = linksOf(value).flatMap((link, index) => (sameOutput(link, from) ? [index] : []));
      for (const index of cut.reverse()) next = disconnect(next, scope, { node, input }, index);
    }
  }
  return next;
}

/** Take the end of a link from one input to another. */
export function moveLink(
  workflow: Workflow,
  scope: Scope,
  from: OutputRef,
  to: InputRef,
  index: number,
  target: InputRef,
  variadic: boolean,
): Workflow {
  if (sameInput(to, target)) return workflow;
  return connect(disconnect(workflow, scope, to, index), scope, from, target, variadic);
}

/** Put a node into a link: what fed the link feeds `input`, and `output` feeds what the link fed. */
export function insertIntoLink(
  workflow: Workflow,
  scope: Scope,
  to: InputRef,
  index: number,
  node: { readonly name: string; readonly input: string; readonly output: string },
  variadic = false,
): Workflow {
  const value = graphAt(workflow, scope).nodes.get(to.node)?.inputs.get(to.input);
  const from = linksOf(value)[index];
  if (!from) return workflow;
  const fed = connect(workflow, scope, from, { node: node.name, input: node.input }, variadic);
  const through: Link = { node: node.name, output: node.output };
  const next = isLinkList(value) ? value.map((link, each) => (each === index ? through : link)) : through;
  return changeInput(fed, scope, to, () => next);
}

/** Put something else at an input, and let the reroutes follow: one whose links are gone goes with them. */
function changeInput(
  workflow: Workflow,
  scope: Scope,
  at: InputRef,
  change: (value: Value | undefined) => Value | undefined,
): Workflow {
  const changed = changeNodes(workflow, scope, [at.node], (node) => {
    const value = change(node.inputs.get(at.input));
    return {
      ...node,
      inputs: value === undefined ? without(node.inputs, [at.input]) : withEntry(node.inputs, at.input, value),
    };
  });
  const graph = graphAt(changed, scope);
  const now = linksOf(graph.nodes.get(at.node)?.inputs.get(at.input));
  return withGraph(changed, scope, { reroutes: mapped(graph.reroutes, (reroute) => followed(reroute, at, now)) });
}

function followed(reroute: Reroute, at: InputRef, links: readonly Link[]): Reroute | null {
  if (links.some((link) => sameOutput(link, reroute.from))) return reroute;
  const to = reroute.to.filter((each) => !sameInput(each, at));
  if (to.length === reroute.to.length) return reroute;
  return to.length > 0 ? { ...reroute, to } : null;
}
