/** Tidies the graph up in a worker: thousands of nodes take seconds. */

import { graphAt, withGraph } from "../graph/document/graphs";
import { cover, moveTo } from "../graph/edit/place";
import { inGroup } from "../graph/edit/decorate";
import type { Box, Group, Workflow, Scope } from "../graph/document/model";
import type { Point } from "../graph/edit/nodes";
import type { Tidying } from "../graph/layout";
import { mapped } from "../graph/maps";
import { activeDocument, edit, useDocuments } from "./documents";
import { useStage } from "./stage";

const MARGIN = 20;
const TITLE = 36;

/** Lay out all nodes of the graph that one looks at, or those that are selected where there are at least two. */
export async function tidyUp(): Promise<void> {
  const { scene, of } = useStage.getState();
  const selected = activeDocument(useDocuments.getState())?.selection.nodes ?? new Set<string>();
  const all = [...scene.nodes.values()].filter(
    ({ name, view }) => !view.pinned && (selected.size < 2 || selected.has(name)),
  );
  const boxes = new Map(all.map(({ name, box }) => [name, box]));
  if (boxes.size === 0) return;
  const links = scene.links.map(({ from, to }) => [from.node, to.node] as const);
  const places = await inWorker({ boxes, links });
  if (useStage.getState().of !== of) return; // one has gone elsewhere meanwhile
  edit("tidy", (workflow, scope) => withGroups(moveTo(workflow, scope, { nodes: places }), scope, boxes, places));
}

/** A group follows the nodes that were in it. */
function withGroups(
  workflow: Workflow,
  scope: Scope,
  before: ReadonlyMap<string, Box>,
  places: ReadonlyMap<string, Point>,
): Workflow {
  const groups = mapped(graphAt(workflow, scope).groups, (group): Group => {
    const members = [...inGroup(group, before)].flatMap((name) => {
      const [box, place] = [before.get(name), places.get(name)];
      return box && place ? [{ ...box, ...place }] : [];
    });
    if (members.length === 0) return group;
    const { x, y, width, height } = cover(members);
    return { ...group, x: x - MARGIN, y: y - TITLE, width: width + 2 * MARGIN, height: height + TITLE + MARGIN };
  });
  return withGraph(workflow, scope, { groups });
}

function inWorker(tidying: Tidying): Promise<ReadonlyMap<string, Point>> {
  const worker = new Worker(new URL("./tidying.worker.ts", import.meta.url), { type: "module" });
  const answer = new Promise<ReadonlyMap<string, Point>>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ReadonlyMap<string, Point>>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(tidying);
  });
  return answer.finally(() => worker.terminate());
}
