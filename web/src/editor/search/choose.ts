/** Putting what was found into the graph, as one step. */

import type { Workflow } from "../../graph/document/model";
import { PLAIN_NODE, PLAIN_VIEW, SUBGRAPH_PREFIX, type Box, type Scope } from "../../graph/document/model";
import { NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { freePlace } from "../../graph/edit/free";
import { connect, insertIntoLink } from "../../graph/edit/links";
import { addNode, type Added, type Point } from "../../graph/edit/nodes";
import { startingInputs } from "../../graph/edit/starting";
import { addInstance, insertWorkflow } from "../../graph/edit/subgraphs";
import { shapeOf } from "../../graph/geometry";
import { fittingPort, LIBRARY_PREFIX, type Hit } from "../../graph/search";
import type { NodeType } from "../../graph/types/nodeType";
import { signatureOfType } from "../../graph/types/signature";
import { fetchWorkflow } from "../../state/api/library";
import { editAndSelect } from "../../state/gesture";
import { nativeSize } from "../../state/native";
import { attempt } from "../../state/notices";
import { useRegistry } from "../../state/registry";
import { useStage } from "../../state/stage";
import { goToNode } from "../actions/view";
import { isVariadic, join } from "../gestures/linking";
import { boxes, graph, selection } from "../here";
import { setSession, type Search } from "../session";
import type { PortHit } from "./finds";

/** A node type, and the port that the held link would end at. */
type Found = Pick<Hit, "type" | "port">;

/** Add a node of the type that was found, and link it with what was held. */
export function chooseType(search: Search, hit: Found): void {
  setSession({ search: null, linking: null });
  const { id } = hit.type;
  if (id.startsWith(LIBRARY_PREFIX)) void chooseWorkflow(search, hit, id.slice(LIBRARY_PREFIX.length));
  else {
    const native = nativeSize(search.held?.ref.node ?? search.into?.from.node ?? null);
    add(search, hit, (workflow, scope, at) => put(workflow, scope, hit.type, at, native));
  }
}

/** A workflow of the library is copied in as a subgraph, since a file has all that it runs. */
async function chooseWorkflow(search: Search, hit: Found, name: string): Promise<void> {
  const { of } = useStage.getState();
  const fetched = await attempt("addNode", () => fetchWorkflow(name));
  if (!fetched || useStage.getState().of !== of) return;
  add(search, hit, (workflow, scope, at) => insertWorkflow(workflow, scope, fetched.workflow, name, at));
}

type Adding = (workflow: Workflow, scope: Scope, at: Point) => Added | null;

function add(search: Search, { type, port }: Found, adding: Adding): void {
  let made = "";
  editAndSelect("addNode", (workflow, scope) => {
    const added = adding(workflow, scope, placeFor(search, type, port));
    if (!added) return { workflow, selection: selection() };
    made = added.name;
    const next = port === null ? added.workflow : linked(added.workflow, scope, search, added.name, type, port);
    return { workflow: next, selection: { ...NOTHING_SELECTED, nodes: new Set([added.name]) } };
  });
  goToNode(made, false);
}

/** Link what was held with a port that is there. */
export function choosePort({ held }: Search, { node, port }: PortHit): void {
  setSession({ search: null, linking: null });
  if (held?.kind === "out") join(held.ref, { node, input: port });
  else if (held) join({ node, output: port }, held.ref, held.index);
  if (held) {
    const side = held.kind === "out" ? "out" : "in";
    const name = held.kind === "out" ? held.ref.output : held.ref.input;
    const index = held.kind === "out" ? 0 : held.index;
    setSession({ focus: { node: held.ref.node, port: `${side}/${index}/${name}` } });
  }
}

function put(workflow: Workflow, scope: Scope, type: NodeType, at: Point, native: bigint | null): Added {
  if (type.id.startsWith(SUBGRAPH_PREFIX))
    return addInstance(workflow, scope, type.id.slice(SUBGRAPH_PREFIX.length), at);
  return addNode(workflow, scope, { type: type.id, version: type.version, at, inputs: startingInputs(type, native) });
}

function linked(
  workflow: Workflow,
  scope: Scope,
  search: Search,
  name: string,
  type: NodeType,
  port: string,
): Workflow {
  const { held, into } = search;
  if (into) {
    const give = fittingPort(useRegistry.getState().registry, type, { to: search.type ?? "*" });
    const node = { name, input: port, output: give ?? "" };
    return give === null
      ? connect(workflow, scope, into.from, { node: name, input: port })
      : insertIntoLink(workflow, scope, into.to, into.index, node);
  }
  if (held?.kind === "out") {
    const many = type.inputs.find((each) => each.name === port)?.arity === "many";
    return connect(workflow, scope, held.ref, { node: name, input: port }, many);
  }
  if (held) return connect(workflow, scope, { node: name, output: port }, held.ref, isVariadic(held.ref), held.index);
  return workflow;
}

/** The port that the held link ends at lies where it was let go; otherwise the upper left corner does. */
function placeFor({ at, held, beside }: Search, type: NodeType, port: string | null): Point {
  const { ports, width, height } = shapeOf(signatureOfType(type), PLAIN_NODE, PLAIN_VIEW);
  const side = held?.kind === "out" ? "in" : "out";
  const end = held ? ports.find((each) => each.side === side && each.name === port) : undefined;
  const corner = { x: Math.round(at.x) - (end?.x ?? 0), y: Math.round(at.y) - (end?.y ?? 0) };
  const way = held?.kind === "in" ? -1 : 1;
  return beside ? freePlace({ ...corner, width, height }, occupied(), way) : corner;
}

function occupied(): readonly Box[] {
  return [...boxes().values(), ...graph().notes.values()];
}
