/** What is drawn of one graph: every node with its shape, every link with its course. What did not change keeps its identity. */

import { graphAt } from "../graph/document/graphs";
import { wires, type Wire } from "../graph/document/links";
import {
  PLAIN_VIEW,
  sameInput,
  sameOutput,
  type Box,
  type Graph,
  type Node,
  type Scope,
  type View,
  type Workflow,
} from "../graph/document/model";
import { reroutesOf } from "../graph/edit/decorate";
import type { Point } from "../graph/edit/nodes";
import { portId, shapeOf, type PortPlace, type Shape } from "../graph/geometry";
import { linkPath } from "../graph/route";
import type { Registry } from "../graph/types/nodeType";
import { signatures, type Signature } from "../graph/types/signature";

export interface SceneNode {
  readonly name: string;
  readonly box: Box;
  readonly shape: Shape;
  readonly signature: Signature;
  readonly view: View;
  /** What it was first drawn from: values that stand in it may have changed since, as they change no drawing. */
  readonly node: Node;
}

export interface SceneLink extends Wire {
  readonly id: string;
  /** The type of what it carries. */
  readonly type: string;
  readonly path: string;
  readonly ends: readonly [Point, Point];
  /** The points that it runs through. */
  readonly by: readonly Point[];
  readonly ports: readonly [string, string];
  /** How many links run back to the same node before this one; 0 for one that runs forwards. */
  readonly lane: number;
}

export interface Scene {
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly links: readonly SceneLink[];
  /** The outputs that something reads, as `outputKey` writes them. */
  readonly read: ReadonlySet<string>;
  readonly reroutes: Graph["reroutes"];
}

export const EMPTY_SCENE: Scene = { nodes: new Map(), links: [], read: new Set(), reroutes: new Map() };

export function outputKey(node: string, output: string): string {
  return `${node}/${output}`;
}

/** Draw a graph, taking over from `before` what is the same: the very same scene where nothing looks different. */
export function makeScene(workflow: Workflow, scope: Scope, registry: Registry, before: Scene = EMPTY_SCENE): Scene {
  const graph = graphAt(workflow, scope);
  const known = signatures(workflow, scope, registry);
  const nodes = new Map<string, SceneNode>();
  for (const [name, node] of graph.nodes) {
    const signature = known.get(name);
    if (signature)
      nodes.set(name, sceneNode(name, node, signature, graph.view.get(name) ?? PLAIN_VIEW, before.nodes.get(name)));
  }
  const links = sceneLinks(graph, nodes, before);
  const same = { nodes: sameEntries(nodes, before.nodes), links: sameList(links, before.links) };
  if (same.nodes && same.links && graph.reroutes === before.reroutes) return before;
  return {
    nodes: same.nodes ? before.nodes : nodes,
    links: same.links ? before.links : links,
    read: same.links ? before.read : new Set(links.map(({ from }) => outputKey(from.node, from.output))),
    reroutes: graph.reroutes,
  };
}

function sameEntries<T>(one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>): boolean {
  if (one.size !== other.size) return false;
  const others = other.entries();
  for (const [name, value] of one) {
    const [key, was] = others.next().value ?? [];
    if (key !== name || was !== value) return false; // another order is another drawing: what is last lies on top
  }
  return true;
}

function sameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

function sceneLinks(graph: Graph, nodes: ReadonlyMap<string, SceneNode>, before: Scene): readonly SceneLink[] {
  const lanes = new Map<string, number>();
  const knownAs = knownIn(before.links);
  const still = (name: string) => nodes.get(name) === before.nodes.get(name);
  return wires(graph).flatMap((wire) => {
    const [source, target] = [nodes.get(wire.from.node), nodes.get(wire.to.node)];
    if (!source || !target) return [];
    const known = knownAs(wire);
    const unmoved = graph.reroutes === before.reroutes && still(wire.from.node) && still(wire.to.node);
    const ends = known && unmoved ? known.ends : endsOf(wire, source, target);
    const lane = laneOf(wire, ends, lanes);
    if (known && unmoved && known.lane === lane) return [known];
    const bends = reroutesOf(graph, wire.from, wire.to).map(([, each]) => each);
    const link = sceneLink(wire, source, target, ends, lane, bends);
    return [known && looksLike(known, link) ? known : link];
  });
}

/** Finds the link that was drawn for a wire: mostly it is the one after the last, as long as none came or went. */
function knownIn(links: readonly SceneLink[]): (wire: Wire) => SceneLink | undefined {
  let next = 0;
  let byId: ReadonlyMap<string, SceneLink> | null = null;
  return (wire) => {
    const guess = links[next];
    if (guess && sameOutput(guess.from, wire.from) && sameInput(guess.to, wire.to) && guess.index === wire.index) {
      next++;
      return guess;
    }
    if (links.length === 0) return undefined;
    byId ??= new Map(links.map((link) => [link.id, link]));
    const found = byId.get(linkId(wire, portsOf(wire)));
    if (found) next = links.indexOf(found) + 1;
    return found;
  };
}

function looksLike(one: SceneLink, other: SceneLink): boolean {
  return one.path === other.path && one.type === other.type && one.lane === other.lane;
}

/** Links that run back to one node run beside each other. */
function laneOf({ to }: Wire, [start, end]: readonly [Point, Point], lanes: Map<string, number>): number {
  if (end.x >= start.x) return 0;
  const lane = lanes.get(to.node) ?? 0;
  lanes.set(to.node, lane + 1);
  return lane;
}

function sceneNode(
  name: string,
  node: Node,
  signature: Signature,
  view: View,
  before: SceneNode | undefined,
): SceneNode {
  if (before?.node === node && before.view === view && before.signature === signature) return before;
  const shape = shapeOf(signature, node, view);
  const kept = before && sameShape(before.shape, shape) ? before.shape : shape;
  if (before?.view === view && kept === before.shape && before.signature === signature) return before;
  return {
    name,
    shape: kept,
    signature,
    view,
    node,
    box: { x: view.x, y: view.y, width: shape.width, height: shape.height },
  };
}

function sceneLink(
  wire: Wire,
  source: SceneNode,
  target: SceneNode,
  ends: readonly [Point, Point],
  lane: number,
  by: readonly Point[],
): SceneLink {
  const start = portOf(source.shape, "out", wire.from.output, 0);
  const end = portOf(target.shape, "in", wire.to.input, wire.index);
  const ports = portsOf(wire);
  return {
    ...wire,
    id: linkId(wire, ports),
    type: start?.type ?? end?.type ?? "*",
    path: linkPath({ from: ends[0], to: ends[1], top: target.box.y, lane, by }),
    ends,
    by,
    ports,
    lane,
  };
}

function endsOf({ from, to, index }: Wire, source: SceneNode, target: SceneNode): readonly [Point, Point] {
  return [
    placeOf(source, portOf(source.shape, "out", from.output, 0), source.box.width),
    placeOf(target, portOf(target.shape, "in", to.input, index), 0),
  ];
}

function portsOf({ from, to, index }: Wire): readonly [string, string] {
  return [portId({ side: "out", name: from.output, index: 0 }), portId({ side: "in", name: to.input, index })];
}

function linkId({ from, to }: Wire, [out, into]: readonly [string, string]): string {
  return `${from.node}→${out}→${to.node}→${into}`;
}

function portOf(shape: Shape, side: "in" | "out", name: string, index: number): PortPlace | undefined {
  return shape.ports.find((port) => port.side === side && port.name === name && port.index === index);
}

/** A port that the type does not have is drawn at the head: the link stays to be seen and cut. */
function placeOf({ box }: SceneNode, port: PortPlace | undefined, x: number): Point {
  return { x: box.x + (port?.x ?? x), y: box.y + (port?.y ?? 16) };
}

function sameShape(one: Shape, other: Shape): boolean {
  if (one === other) return true;
  const flat = ({ width, height, ports, fields }: Shape) =>
    `${width} ${height} ${ports.map((port) => `${portId(port)} ${port.type} ${port.y} ${port.linked}`).join()} ${fields.map((field) => `${field.input.name} ${field.linked} ${field.height}`).join()}`;
  return flat(one) === flat(other);
}
