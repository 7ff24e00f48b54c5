import { useStore, type ReactFlowState } from "@xyflow/react";

import type { Box } from "../../graph/document/model";
import { neighbourhood } from "../../graph/viewport";

/** Where one looks, and around it: what lies elsewhere costs nothing while one moves about, however large the graph is. */
export function useNeighbourhood(): Box {
  return useStore(of, same);
}

function of({ transform: [x, y, zoom], width, height }: ReactFlowState): Box {
  return neighbourhood({ x, y, zoom }, { width, height });
}

function same(one: Box, other: Box): boolean {
  return one.x === other.x && one.y === other.y && one.width === other.width && one.height === other.height;
}
