/** Where things lie: moving, sizing, lining up. */

import { graphAt, withGraph } from "../document/graphs";
import { PLAIN_VIEW, type Box, type Scope, type View, type Workflow } from "../document/model";
import { withEntries } from "../maps";
import type { Point } from "./nodes";

export type Edge = "left" | "centre" | "right" | "top" | "middle" | "bottom";
export type Axis = "x" | "y";

/** Things by kind and name, as a selection holds them. */
export interface Items {
  readonly nodes?: ReadonlyMap<string, Point>;
  readonly groups?: ReadonlyMap<string, Point>;
  readonly notes?: ReadonlyMap<string, Point>;
  readonly reroutes?: ReadonlyMap<string, Point>;
}

/** Put things at new places; pinned nodes stay where they are. */
export function moveTo(workflow: Workflow, scope: Scope, items: Items): Workflow {
  const graph = graphAt(workflow, scope);
  const nodes = Array.from(
    items.nodes ?? [],
    ([name, at]) => [name, changed(graph.view.get(name) ?? PLAIN_VIEW, { x: at.x, y: at.y })] as const,
  );
  return withGraph(workflow, scope, {
    view: withEntries(
      graph.view,
      nodes.filter(([name, view]) => !view.pinned && graph.nodes.has(name)),
    ),
    groups: placed(graph.groups, items.groups),
    notes: placed(graph.notes, items.notes),
    reroutes: placed(graph.reroutes, items.reroutes),
  });
}

export function moveNodes(workflow: Workflow, scope: Scope, places: ReadonlyMap<string, Point>): Workflow {
  return moveTo(workflow, scope, { nodes: places });
}

/** Change how nodes are drawn: collapsed, coloured, pinned, of another size. */
export function changeViews(
  workflow: Workflow,
  scope: Scope,
  names: Iterable<string>,
  changes: Partial<Omit<View, "x" | "y" | "written">>,
): Workflow {
  const graph = graphAt(workflow, scope);
  const entries = Array.from(names, (name) => [name, changed(graph.view.get(name) ?? PLAIN_VIEW, changes)] as const);
  return withGraph(workflow, scope, {
    view: withEntries(
      graph.view,
      entries.filter(([name]) => graph.nodes.has(name)),
    ),
  });
}

/** Collapse all of these nodes; where all of them are, open them. */
export function toggleCollapsed(workflow: Workflow, scope: Scope, names: Iterable<string>): Workflow {
  return toggle(workflow, scope, names, "collapsed");
}

export function togglePinned(workflow: Workflow, scope: Scope, names: Iterable<string>): Workflow {
  return toggle(workflow, scope, names, "pinned");
}

function toggle(workflow: Workflow, scope: Scope, names: Iterable<string>, flag: "collapsed" | "pinned"): Workflow {
  const list = [...names];
  const { view } = graphAt(workflow, scope);
  const on = list.every((name) => view.get(name)?.[flag] === true);
  return changeViews(workflow, scope, list, { [flag]: !on });
}

/** Line boxes up along an edge or a centre line of what they cover together. */
export function align(boxes: ReadonlyMap<string, Box>, edge: Edge): ReadonlyMap<string, Point> {
  const whole = cover(boxes.values());
  return new Map(Array.from(boxes, ([name, box]) => [name, aligned(box, whole, edge)]));
}

function aligned(box: Box, whole: Box, edge: Edge): Point {
  switch (edge) {
    case "left":
      return { x: whole.x, y: box.y };
    case "centre":
      return { x: Math.round(whole.x + (whole.width - box.width) / 2), y: box.y };
    case "right":
      return { x: whole.x + whole.width - box.width, y: box.y };
    case "top":
      return { x: box.x, y: whole.y };
    case "middle":
      return { x: box.x, y: Math.round(whole.y + (whole.height - box.height) / 2) };
    case "bottom":
      return { x: box.x, y: whole.y + whole.height - box.height };
  }
}

/** Make the gaps between boxes equal along an axis; the first and the last stay. */
export function distribute(boxes: ReadonlyMap<string, Box>, axis: Axis): ReadonlyMap<string, Point> {
  const side = axis === "x" ? "width" : "height";
  const row = [...boxes].sort(([, one], [, other]) => one[axis] + one[side] / 2 - (other[axis] + other[side] / 2));
  const first = row[0]?.[1];
  const last = row.at(-1)?.[1];
  if (!first || !last || row.length < 3) return new Map(Array.from(boxes, ([name, { x, y }]) => [name, { x, y }]));
  const taken = row.reduce((sum, [, box]) => sum + box[side], 0);
  const gap = (last[axis] + last[side] - first[axis] - taken) / (row.length - 1);
  let at = first[axis];
  const places = new Map<string, Point>();
  for (const [name, box] of row) {
    const place = Math.round(at);
    places.set(name, axis === "x" ? { x: place, y: box.y } : { x: box.x, y: place });
    at += box[side] + gap;
  }
  return places;
}

/** Move points to the nearest crossing of a grid. */
export function snap(places: ReadonlyMap<string, Point>, grid: number): ReadonlyMap<string, Point> {
  const near = (value: number) => Math.round(value / grid) * grid + 0;
  return new Map(Array.from(places, ([name, { x, y }]) => [name, { x: near(x), y: near(y) }]));
}

/** The smallest box around all of these; an empty one at the origin for none. */
export function cover(boxes: Iterable<Box>): Box {
  let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    x = Math.min(x, box.x);
    y = Math.min(y, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return x > right ? { x: 0, y: 0, width: 0, height: 0 } : { x, y, width: right - x, height: bottom - y };
}

function placed<T extends Point>(
  map: ReadonlyMap<string, T>,
  places: ReadonlyMap<string, Point> | undefined,
): ReadonlyMap<string, T> {
  if (!places || places.size === 0) return map;
  const entries: [string, T][] = [];
  for (const [name, { x, y }] of places) {
    const item = map.get(name);
    if (item) entries.push([name, item.x === x && item.y === y ? item : { ...item, x, y }]);
  }
  return withEntries(map, entries);
}

/** The very same view where it has these already: what changes nothing is no step. */
function changed(view: View, changes: Partial<Omit<View, "written">>): View {
  const keys = Object.keys(changes) as (keyof typeof changes)[];
  return keys.every((key) => view[key] === changes[key]) ? view : { ...view, ...changes };
}
