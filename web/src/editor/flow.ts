/** From our scene to what React Flow draws: fixed sizes and handles, so that it never measures. */

import { Position, type Edge, type Node as FlowNode, type NodeHandle } from "@xyflow/react";

import type { SceneLink, SceneNode } from "../state/scene";
import { portId } from "../graph/geometry";

export type CardNode = FlowNode<{ readonly item: SceneNode }, "card">;
export type LinkEdge = Edge<{ readonly link: SceneLink }, "link">;

const cards = new WeakMap<SceneNode, CardNode>();
const edges = new WeakMap<SceneLink, LinkEdge>();

/** The same object for the same node of a scene: React Flow looks only at what is new. */
export function cardOf(item: SceneNode): CardNode {
  const known = cards.get(item);
  if (known) return known;
  const { width, height, x, y } = item.box;
  const made: CardNode = {
    id: item.name,
    type: "card",
    position: { x, y },
    width,
    height,
    measured: { width, height },
    handles: item.shape.ports.map((port): NodeHandle => ({
      id: portId(port),
      type: port.side === "in" ? "target" : "source",
      position: port.side === "in" ? Position.Left : Position.Right,
      x: port.x,
      y: port.y,
      width: 1,
      height: 1,
    })),
    data: { item },
  };
  cards.set(item, made);
  return made;
}

export function edgeOf(link: SceneLink): LinkEdge {
  const known = edges.get(link);
  if (known) return known;
  const made: LinkEdge = {
    id: link.id,
    type: "link",
    source: link.from.node,
    target: link.to.node,
    sourceHandle: link.ports[0],
    targetHandle: link.ports[1],
    data: { link },
  };
  edges.set(link, made);
  return made;
}
