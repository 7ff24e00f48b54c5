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
  const order = columns(boxes, (name) => graph.node(name) as Point);
  return anchored(boxes, stacked({ boxes, links }, order));
}

interface Column {
  readonly left: number;
  /** From top to bottom. */
  readonly names: readonly string[];
}

/** Dagre says who stands in which column and in which order. It centres columns; ours are flush left, so that heads line up. */
function columns(boxes: ReadonlyMap<string, Box>, place: (name: string) => Point): readonly Column[] {
  const byMiddle = new Map<number, string[]>();
  for (const name of boxes.keys()) {
    const { x } = place(name);
    byMiddle.set(x, [...(byMiddle.get(x) ?? []), name]);
  }
  const sorted = [...byMiddle].sort(([one], [other]) => one - other);
  return sorted.map(([middle, names]) => ({
    left: Math.min(...names.map((name) => middle - (boxes.get(name)?.width ?? 0) / 2)),
    names: names.sort((one, other) => place(one).y - place(other).y),
  }));
}

/** Each node as high as most of what feeds it, below its neighbour above: rows stay level, and no column has holes for links. */
function stacked({ boxes, links }: Tidying, all: readonly Column[]): ReadonlyMap<string, Point> {
  const sources = new Map<string, string[]>();
  for (const [from, to] of links) sources.set(to, [...(sources.get(to) ?? []), from]);
  const places = new Map<string, Point>();
  for (const { left, names } of all) {
    let free = 0;
    for (const name of names) {
      const tops = (sources.get(name) ?? [])
        .flatMap((each) => places.get(each)?.y ?? [])
        .sort((one, other) => one - other);
      const level = tops[Math.floor((tops.length - 1) / 2)] ?? 0;
      const y = Math.max(free, level);
      places.set(name, { x: left, y });
      free = y + (boxes.get(name)?.height ?? 0) + APART;
    }
  }
  return places;
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
