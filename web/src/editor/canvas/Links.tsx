import { useStore, ViewportPortal, type ReactFlowState } from "@xyflow/react";
import { useCallback } from "react";

import type { Box } from "../../graph/document/model";
import { cover } from "../../graph/edit/place";
import { shown } from "../../graph/viewport";
import type { SceneLink } from "../../state/scene";
import { useActive, useStage } from "../../state/stage";
import { LinkLine } from "./LinkLine";

/** Room for curves and for the way back around nodes. */
const AROUND = 80;

/** The links that one can see, behind the nodes: their courses are in the scene, so nothing needs to be measured. */
export function Links() {
  const links = useStage((stage) => stage.scene.links);
  const visible = useStore(
    useCallback((state: ReactFlowState) => inSight(links, state), [links]),
    sameList,
  );
  const prefix =
    useActive()
      ?.instances.map((each) => `${each}/`)
      .join("") ?? "";
  return (
    <ViewportPortal>
      <svg className="links" aria-hidden>
        {visible.map((link) => (
          <LinkLine key={link.id} link={link} path={prefix + link.to.node} />
        ))}
      </svg>
    </ViewportPortal>
  );
}

function inSight(links: readonly SceneLink[], { transform, width, height }: ReactFlowState): readonly SceneLink[] {
  const [x, y, zoom] = transform;
  const window = shown({ x, y, zoom }, { width, height });
  return links.filter((link) => {
    const box = boxOf(link);
    return (
      box.x < window.x + window.width &&
      box.x + box.width > window.x &&
      box.y < window.y + window.height &&
      box.y + box.height > window.y
    );
  });
}

const known = new WeakMap<SceneLink, Box>();

function boxOf(link: SceneLink): Box {
  const before = known.get(link);
  if (before) return before;
  const points = [...link.ends, ...link.by].map(({ x, y }) => ({ x, y, width: 0, height: 0 }));
  const { x, y, width, height } = cover(points);
  const box = { x: x - AROUND, y: y - AROUND, width: width + 2 * AROUND, height: height + 2 * AROUND };
  known.set(link, box);
  return box;
}

function sameList(one: readonly SceneLink[], other: readonly SceneLink[]): boolean {
  return one.length === other.length && one.every((link, index) => link === other[index]);
}
