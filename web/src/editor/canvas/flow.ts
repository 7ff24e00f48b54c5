/** From our scene to what React Flow draws: fixed sizes, so that no node is mounted only to be measured. */

import type { Node as FlowNode } from "@xyflow/react";

import type { SceneNode } from "../../state/scene";

export type CardNode = FlowNode<{ readonly item: SceneNode }, "card">;

const cards = new WeakMap<SceneNode, CardNode>();

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
    handles: [],
    data: { item },
  };
  cards.set(item, made);
  return made;
}
