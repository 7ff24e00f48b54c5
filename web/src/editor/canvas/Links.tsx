import { useStore, ViewportPortal, type ReactFlowState } from "@xyflow/react";
import { useCallback, useMemo } from "react";

import type { Box } from "../../graph/document/model";
import { cover } from "../../graph/edit/place";
import { overlap, shown } from "../../graph/viewport";
import type { SceneLink } from "../../state/scene";
import { useActive, useStage } from "../../state/stage";
import { LinkLine } from "./LinkLine";
import { useNeighbourhood } from "./useNeighbourhood";

/** Room for curves and for the way back around nodes. */
const AROUND = 80;

/** The links that one can see, behind the nodes: their courses are in the scene, so nothing needs to be measured. */
export function Links() {
  const all = useStage((stage) => stage.scene.links);
  const around = useNeighbourhood();
  const links = useMemo(() => all.filter((link) => overlap(boxOf(link), around)), [all, around]);
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
  return links.filter((link) => overlap(boxOf(link), window));
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
