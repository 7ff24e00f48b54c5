/** Where nodes lie when they are tidied up: from left to right, each after what it reads. Slow for thousands: runs in a worker. */

import { Graph as DagreGraph, layout as dagre } from "@dagrejs/dagre";

import type { Box } from "./document/model";
import type { Point } from "./edit/nodes";
import { APART } from "./geometry";

export interface Tidying {
  /** Sizes and present places, by name. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** From source to reader; ends that are no boxes are left out. */
  readonly links: readonly (readonly [string, string])[];
}

/** The new places, by name; the upper left corner of all stays where it is. */
export function tidy({ boxes, links }: Tidying): ReadonlyMap<string, Point> {
  const graph = new DagreGraph({ multigraph: false });
  graph.setGraph({
    rankdir: "LR",
    nodesep: APART,
    ranksep: APART,
    edgesep: APART / 2,
    ranker: boxes.size > 400 ? "longest-path" : "network-simplex",
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, { width, height }] of boxes) graph.setNode(name, { width, height });
  for (const [from, to] of links) if (boxes.has(from) && boxes.has(to) && from !== to) graph.setEdge(from, to);
  dagre(graph);
  return anchored(
    boxes,
    columns(boxes, (name) => graph.node(name) as Point),
  );
}

/** Dagre centres each column; ours are flush left, so that heads stand under each other. */
function columns(boxes: ReadonlyMap<string, Box>, place: (name: string) => Point): Map<string, Point> {
  const lefts = new Map<number, number>();
  for (const [name, { width }] of boxes) {
    const { x } = place(name);
    lefts.set(x, Math.min(lefts.get(x) ?? Infinity, x - width / 2));
  }
  return new Map(
    Array.from(boxes, ([name, { height }]) => {
      const { x, y } = place(name);
      return [name, { x: lefts.get(x) ?? x, y: y - height / 2 }];
    }),
  );
}

function anchored(boxes: ReadonlyMap<string, Box>, places: ReadonlyMap<string, Point>): ReadonlyMap<string, Point> {
  const corner = (points: Iterable<Point>): Point => {
    let [x, y] = [Infinity, Infinity];
    for (const point of points) [x, y] = [Math.min(x, point.x), Math.min(y, point.y)];
    return { x, y };
  };
  const [before, after] = [corner(boxes.values()), corner(places.values())];
  return new Map(
    Array.from(places, ([name, { x, y }]) => [
      name,
      { x: Math.round(x - after.x + before.x), y: Math.round(y - after.y + before.y) },
    ]),
  );
}
