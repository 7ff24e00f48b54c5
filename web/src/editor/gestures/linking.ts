/** Dragging a link: from a port, or by the end of one that stands. */

import { fromInput, fromOutput, inputType, type Refusal, type Situation } from "../../graph/connect";
import type { InputRef, OutputRef } from "../../graph/document/model";
import { connect, disconnect, moveLink } from "../../graph/edit/links";
import type { Point } from "../../graph/edit/nodes";
import { portId, portKey, type PortPlace } from "../../graph/geometry";
import { pickInput, pickOutput } from "../../graph/pick";
import { edit } from "../../state/documents";
import type { SceneLink } from "../../state/scene";
import { toCanvas, toClient } from "../camera";
import { scene, situation } from "../here";
import { session, setSession, type Held, type Linking, type Over } from "../session";
import { dropAt, type Hit } from "./hit";
import type { Drag, Press, Spot } from "./press";

/** A press on a port: a click gives it the keyboard, a drag pulls a link out or takes the end of the one that is there. */
export function pressPort(node: string, port: string): Press {
  return { drag: (start) => dragLink(node, port, start) };
}

function dragLink(node: string, port: string, start: Spot): Drag | null {
  const key = portKey(port);
  const place = placeOf(node, port);
  if (!place) return null;
  const taken = key.side === "in" && place.linked ? linkAt({ node, input: key.name }, key.index) : null;
  const held: Held = taken
    ? { kind: "out", ref: { node: taken.from.node, output: taken.from.output } }
    : key.side === "out"
      ? { kind: "out", ref: { node, output: key.name } }
      : { kind: "in", ref: { node, input: key.name }, index: key.index };
  if (!beginLinking(held, taken, start.at)) return null;
  return {
    move: moveLoose,
    drop: dropLoose,
    cancel: () => setSession({ linking: null }),
    aims: true,
    pansAtEdge: true,
  };
}

/** Hold a link by one end; every port then shows whether the other may go there. */
export function beginLinking(held: Held, taken: SceneLink | null, at: Point): boolean {
  const now = situation();
  if (!now) return false;
  const free: Situation = taken
    ? { ...now, workflow: disconnect(now.workflow, now.scope, taken.to, taken.index) }
    : now;
  const port =
    held.kind === "out"
      ? portId({ side: "out", name: held.ref.output, index: 0 })
      : portId({ side: "in", name: held.ref.input, index: held.index });
  const place = placeOf(held.ref.node, port);
  const box = scene().nodes.get(held.ref.node)?.box;
  if (!place || !box) return false;
  const linking: Linking = {
    held,
    type: taken?.type ?? place.type,
    anchor: { x: box.x + place.x, y: box.y + place.y },
    at,
    taken,
    verdict: verdicts(free, held),
    over: null,
  };
  setSession({ linking, link: null, menu: null, search: null });
  return true;
}

function verdicts(at: Situation, held: Held): Linking["verdict"] {
  const known = new Map<string, Refusal | null>();
  const remembered = (key: string, check: () => Refusal | null) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = check();
    known.set(key, made);
    return made;
  };
  if (held.kind === "out") {
    const check = fromOutput(at, held.ref);
    return (node, { side, name }) =>
      side === "out" ? "same-side" : remembered(`${node}/${name}`, () => check({ node, input: name }));
  }
  const check = fromInput(at, held.ref);
  return (node, { side, name }) =>
    side === "in" ? "same-side" : remembered(`${node}/${name}`, () => check({ node, output: name }));
}

function moveLoose(spot: Spot): void {
  const { linking } = session();
  if (!linking) return;
  setSession({ linking: { ...linking, at: spot.at, over: overAt(linking, dropAt(spot.client, spot.at)) } });
}

function dropLoose(spot: Spot): void {
  const { linking } = session();
  setSession({ linking: null });
  if (!linking) return;
  const hit = dropAt(spot.client, spot.at);
  const over = overAt(linking, hit);
  const port = over?.refusal === null ? over.port : null;
  if (over && port !== null) finish(linking, over.node, port);
  else if (over === null && hit.kind === "pane") dropInVoid(linking, spot);
}

function dropInVoid(linking: Linking, { client, at }: Spot): void {
  const { taken, held, type } = linking;
  if (taken) {
    edit("disconnect", (workflow, scope) => disconnect(workflow, scope, taken.to, taken.index));
    return;
  }
  setSession({
    linking: { ...linking, at },
    search: { at, anchor: toCanvas(client), held, type, into: null, beside: false, withPorts: false },
  });
}

/** The port that a link would go to, picked by the node where it is dropped on none; null over nothing. */
function overAt(linking: Linking, hit: Hit): Over | null {
  if (hit.kind === "port") return onPort(linking, hit.node, hit.port);
  if (hit.kind === "field") return onField(linking, hit.node, hit.input);
  return hit.kind === "node" ? onNode(linking, hit.name) : null;
}

/** A field that takes the link is meant itself; one that does not is merely in the way. */
function onField(linking: Linking, node: string, input: string): Over | null {
  const over = onPort(linking, node, portId({ side: "in", name: input, index: 0 }));
  return over?.refusal === null ? over : onNode(linking, node);
}

function onPort(linking: Linking, node: string, port: string): Over | null {
  const place = placeOf(node, port);
  if (!place) return null;
  const refusal = linking.verdict(node, place);
  // the middle of a node's edge has ports on both sides: the other side is meant
  return refusal === "same-side" ? onNode(linking, node) : { node, port, refusal };
}

function onNode({ held, taken }: Linking, node: string): Over | null {
  const now = situation();
  if (!now || node === held.ref.node) return null;
  const free = taken ? { ...now, workflow: disconnect(now.workflow, now.scope, taken.to, taken.index) } : now;
  if (held.kind === "out") {
    const picked = pickInput(free, held.ref, node);
    if (!picked.ok) return { node, port: null, refusal: picked.refusal };
    return { node, port: freeRow(node, picked.port.input), refusal: null };
  }
  const picked = pickOutput(free, held.ref, node);
  if (!picked.ok) return { node, port: null, refusal: picked.refusal };
  return { node, port: portId({ side: "out", name: picked.port.output, index: 0 }), refusal: null };
}

/** The row of an input that a further link goes to: the last of a variadic one. */
function freeRow(node: string, input: string): string {
  const rows =
    scene()
      .nodes.get(node)
      ?.shape.ports.filter(({ side, name }) => side === "in" && name === input) ?? [];
  return portId({ side: "in", name: input, index: rows.at(-1)?.index ?? 0 });
}

function finish({ held, taken }: Linking, node: string, port: string): void {
  const { name, index } = portKey(port);
  if (held.kind === "in") {
    join({ node, output: name }, held.ref, held.index);
    return;
  }
  const to = { node, input: name };
  if (!taken) {
    join(held.ref, to, index);
    return;
  }
  edit("connect", (workflow, scope) => moveLink(workflow, scope, held.ref, taken.to, taken.index, to, isVariadic(to)));
}

/** Link an output to an input, as one step. */
export function join(from: OutputRef, to: InputRef, index?: number): void {
  edit("connect", (workflow, scope) => connect(workflow, scope, from, to, isVariadic(to), index));
}

export function isVariadic(to: InputRef): boolean {
  const now = situation();
  return now !== null && inputType(now, to)?.arity === "many";
}

export function linkAt(to: InputRef, index: number): SceneLink | null {
  return (
    scene().links.find((each) => each.to.node === to.node && each.to.input === to.input && each.index === index) ?? null
  );
}

export function placeOf(node: string, port: string): PortPlace | null {
  return (
    scene()
      .nodes.get(node)
      ?.shape.ports.find((each) => portId(each) === port) ?? null
  );
}

/** Where a port is drawn, from the corner of the canvas. */
export function anchorOf(node: string, port: string): Point {
  const place = placeOf(node, port);
  const box = scene().nodes.get(node)?.box;
  if (!place || !box) return { x: 0, y: 0 };
  return toCanvas(toClient({ x: box.x + place.x, y: box.y + place.y }));
}
