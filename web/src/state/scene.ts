/** What is drawn of one graph: every node with its shape, every link with its course. What did not change keeps its identity. */

import { graphAt } from "../graph/document/graphs";
import { wires, type Wire } from "../graph/document/links";
import { PLAIN_VIEW, type Box, type Node, type Scope, type View, type Workflow } from "../graph/document/model";
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
  /** What stands in the document. */
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
}

export interface Scene {
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly links: readonly SceneLink[];
  /** The outputs that something reads, as `outputKey` writes them. */
  readonly read: ReadonlySet<string>;
}

export const EMPTY_SCENE: Scene = { nodes: new Map(), links: [], read: new Set() };

export function outputKey(node: string, output: string): string {
  return `${node}/${output}`;
}

/** Draw a graph, taking over from `before` what is the same. */
export function makeScene(workflow: Workflow, scope: Scope, registry: Registry, before: Scene = EMPTY_SCENE): Scene {
  const graph = graphAt(workflow, scope);
  const known = signatures(workflow, scope, registry);
  const nodes = new Map<string, SceneNode>();
  for (const [name, node] of graph.nodes) {
    const signature = known.get(name);
    if (signature)
      nodes.set(name, sceneNode(name, node, signature, graph.view.get(name) ?? PLAIN_VIEW, before.nodes.get(name)));
  }
  const lanes = new Map<string, number>();
  const old = new Map(before.links.map((link) => [link.id, link]));
  const links = wires(graph).flatMap((wire) => {
    const bends = reroutesOf(graph, wire.from, wire.to).map(([, each]) => each);
    const link = sceneLink(wire, nodes, lanes, bends);
    const same = link && old.get(link.id);
    return link ? [same?.path === link.path && same.type === link.type ? same : link] : [];
  });
  return { nodes, links, read: new Set(links.map(({ from }) => outputKey(from.node, from.output))) };
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
  nodes: ReadonlyMap<string, SceneNode>,
  lanes: Map<string, number>,
  by: readonly Point[],
): SceneLink | null {
  const [source, target] = [nodes.get(wire.from.node), nodes.get(wire.to.node)];
  if (!source || !target) return null;
  const start = portOf(source.shape, "out", wire.from.output, 0);
  const end = portOf(target.shape, "in", wire.to.input, wire.index);
  const from = placeOf(source, start, source.box.width);
  const to = placeOf(target, end, 0);
  const backwards = to.x < from.x;
  const lane = backwards ? (lanes.get(wire.to.node) ?? 0) : 0;
  if (backwards) lanes.set(wire.to.node, lane + 1);
  const ports: readonly [string, string] = [
    portId({ side: "out", name: wire.from.output, index: 0 }),
    portId({ side: "in", name: wire.to.input, index: wire.index }),
  ];
  return {
    ...wire,
    id: [wire.from.node, ports[0], wire.to.node, ports[1]].join("→"),
    type: start?.type ?? end?.type ?? "*",
    path: linkPath({ from, to, top: target.box.y, lane, by }),
    ends: [from, to],
    by,
    ports,
  };
}

function portOf(shape: Shape, side: "in" | "out", name: string, index: number): PortPlace | undefined {
  return shape.ports.find((port) => port.side === side && port.name === name && port.index === index);
}

/** A port that the type does not have is drawn at the head: the link stays to be seen and cut. */
function placeOf({ box }: SceneNode, port: PortPlace | undefined, x: number): Point {
  return { x: box.x + (port?.x ?? x), y: box.y + (port?.y ?? 16) };
}

function sameShape(one: Shape, other: Shape): boolean {
  const flat = ({ width, height, ports, fields }: Shape) =>
    `${width} ${height} ${ports.map((port) => `${portId(port)} ${port.type} ${port.y} ${port.linked}`).join()} ${fields.map((field) => `${field.input.name} ${field.linked} ${field.height}`).join()}`;
  return flat(one) === flat(other);
}
