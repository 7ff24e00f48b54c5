/** What is done to a whole selection: nodes, groups, notes and reroutes at once. */

import { graphAt, withGraph } from "../document/graphs";
import type { Box, Graph, Scope, Workflow } from "../document/model";
import { mapped } from "../maps";
import { NOTHING_SELECTED, type Selection } from "./clipboard";
import { inGroup, removeGroups, removeNotes, removeReroutes } from "./decorate";
import { dissolveNodes, removeNodes, type Point } from "./nodes";
import { changeViews, cover, moveTo, type Items } from "./place";
import type { Registry } from "../types/nodeType";

export type Kind = keyof Selection;
export const KINDS: readonly Kind[] = ["nodes", "groups", "notes", "reroutes"];

/** Take everything that is selected away; a group's contents stay where they are. */
export function removeSelection(workflow: Workflow, scope: Scope, selection: Selection): Workflow {
  return withoutDecorations(removeNodes(workflow, scope, selection.nodes), scope, selection);
}

/** Take everything that is selected away, and join what fed each node to what read it. */
export function dissolveSelection(
  workflow: Workflow,
  scope: Scope,
  selection: Selection,
  registry: Registry,
): Workflow {
  return withoutDecorations(dissolveNodes(workflow, scope, selection.nodes, registry), scope, selection);
}

function withoutDecorations(workflow: Workflow, scope: Scope, selection: Selection): Workflow {
  const notes = removeNotes(removeGroups(workflow, scope, selection.groups), scope, selection.notes);
  return removeReroutes(notes, scope, selection.reroutes);
}

export function selectAll(graph: Graph): Selection {
  return {
    nodes: new Set(graph.nodes.keys()),
    groups: new Set(graph.groups.keys()),
    notes: new Set(graph.notes.keys()),
    reroutes: new Set(graph.reroutes.keys()),
  };
}

export function isEmpty(selection: Selection): boolean {
  return KINDS.every((kind) => selection[kind].size === 0);
}

/** The selection without what the graph no longer has. */
export function onlyPresent(graph: Graph, selection: Selection): Selection {
  const there = (kind: Kind) => new Set([...selection[kind]].filter((name) => graph[kind].has(name)));
  return { nodes: there("nodes"), groups: there("groups"), notes: there("notes"), reroutes: there("reroutes") };
}

/** One thing alone, or beside what was selected before: there it is taken out again where it was in. */
export function selecting(before: Selection, kind: Kind, name: string, more: boolean): Selection {
  if (!more) return { ...NOTHING_SELECTED, [kind]: new Set([name]) };
  const names = new Set(before[kind]);
  if (!names.delete(name)) names.add(name);
  return { ...before, [kind]: names };
}

export function union(one: Selection, other: Selection): Selection {
  const both = (kind: Kind) => new Set([...one[kind], ...other[kind]]);
  return { nodes: both("nodes"), groups: both("groups"), notes: both("notes"), reroutes: both("reroutes") };
}

/** What a frame drawn with the mouse takes in: all that it touches, but only groups that lie wholly in it. */
export function framed(graph: Graph, boxes: ReadonlyMap<string, Box>, frame: Box): Selection {
  const names = (map: ReadonlyMap<string, Box>, test: (box: Box) => boolean) =>
    new Set([...map].filter(([, box]) => test(box)).map(([name]) => name));
  const touched = (box: Box) =>
    box.x < frame.x + frame.width &&
    box.x + box.width > frame.x &&
    box.y < frame.y + frame.height &&
    box.y + box.height > frame.y;
  const held = (box: Box) =>
    box.x >= frame.x &&
    box.x + box.width <= frame.x + frame.width &&
    box.y >= frame.y &&
    box.y + box.height <= frame.y + frame.height;
  const points = mapped(graph.reroutes, (each) => each) as ReadonlyMap<string, Point>;
  const reroutes = new Map(Array.from(points, ([name, { x, y }]) => [name, { x, y, width: 0, height: 0 }]));
  return {
    nodes: names(boxes, touched),
    groups: names(graph.groups, held),
    notes: names(graph.notes, touched),
    reroutes: names(reroutes, held),
  };
}

/** The selection with everything that lies in its groups. */
export function withContents(graph: Graph, boxes: ReadonlyMap<string, Box>, selection: Selection): Selection {
  let all = selection;
  const points = new Map(Array.from(graph.reroutes, ([name, { x, y }]) => [name, { x, y, width: 0, height: 0 }]));
  for (const name of selection.groups) {
    const group = graph.groups.get(name);
    if (!group) continue;
    const smaller = new Map(
      [...graph.groups].filter(([, each]) => each.width * each.height < group.width * group.height),
    );
    all = union(all, {
      nodes: inGroup(group, boxes),
      groups: inGroup(group, smaller),
      notes: inGroup(group, graph.notes),
      reroutes: inGroup(group, points),
    });
  }
  return all;
}

/** Where everything that is selected lies. */
export function placesOf(graph: Graph, boxes: ReadonlyMap<string, Box>, selection: Selection): Required<Items> {
  const places = (names: ReadonlySet<string>, map: ReadonlyMap<string, Point>) => {
    const found = new Map<string, Point>();
    for (const name of names) {
      const at = map.get(name);
      if (at) found.set(name, { x: at.x, y: at.y });
    }
    return found;
  };
  return {
    nodes: places(selection.nodes, boxes),
    groups: places(selection.groups, graph.groups),
    notes: places(selection.notes, graph.notes),
    reroutes: places(selection.reroutes, graph.reroutes),
  };
}

/** Move things from these places by so much. */
export function moveBy(workflow: Workflow, scope: Scope, from: Items, by: Point): Workflow {
  if (by.x === 0 && by.y === 0) return workflow;
  const shifted = (places: ReadonlyMap<string, Point> | undefined) =>
    new Map(Array.from(places ?? [], ([name, { x, y }]) => [name, { x: x + by.x, y: y + by.y }]));
  return moveTo(workflow, scope, {
    nodes: shifted(from.nodes),
    groups: shifted(from.groups),
    notes: shifted(from.notes),
    reroutes: shifted(from.reroutes),
  });
}

/** Give nodes, groups and notes a colour, `#rrggbb`; null takes it away. */
export function colorSelection(workflow: Workflow, scope: Scope, selection: Selection, color: string | null): Workflow {
  const graph = graphAt(workflow, scope);
  const tint =
    <T extends { readonly color: string | null }>(names: ReadonlySet<string>) =>
    (each: T, name: string): T =>
      names.has(name) ? { ...each, color } : each;
  const painted = withGraph(workflow, scope, {
    groups: mapped(graph.groups, tint(selection.groups)),
    notes: mapped(graph.notes, tint(selection.notes)),
  });
  return changeViews(painted, scope, selection.nodes, { color });
}

/** The box around everything that is selected, or null for nothing. */
export function boundsOf(graph: Graph, boxes: ReadonlyMap<string, Box>, selection: Selection): Box | null {
  const found: Box[] = [];
  for (const name of selection.nodes) found.push(...listed(boxes.get(name)));
  for (const name of selection.groups) found.push(...listed(graph.groups.get(name)));
  for (const name of selection.notes) found.push(...listed(graph.notes.get(name)));
  return found.length > 0 ? cover(found) : null;
}

function listed<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
