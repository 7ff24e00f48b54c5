/** Groups, notes and reroutes: what is drawn beside the nodes and changes nothing that is computed. */

import { graphAt, withGraph } from "../document/graphs";
import {
  linksOf,
  sameInput,
  sameOutput,
  type Box,
  type Graph,
  type Group,
  type InputRef,
  type Note,
  type OutputRef,
  type Reroute,
  type Scope,
  type Workflow,
} from "../document/model";
import { freeName } from "../document/names";
import { mapped, withEntry, without } from "../maps";
import type { Added, Point } from "./nodes";
import { cover } from "./place";

const NONE: ReadonlyMap<string, string> = new Map();
const MARGIN = 20;
const TITLE = 36;

/** Draw a group around boxes. */
export function addGroup(workflow: Workflow, scope: Scope, title: string, around: Iterable<Box>): Added {
  const { groups } = graphAt(workflow, scope);
  const inner = cover(around);
  const box = {
    x: inner.x - MARGIN,
    y: inner.y - TITLE,
    width: inner.width + 2 * MARGIN,
    height: inner.height + TITLE + MARGIN,
  };
  const name = freeName("group", groups);
  return {
    workflow: withGraph(workflow, scope, {
      groups: withEntry(groups, name, { title, ...box, color: null, written: NONE }),
    }),
    name,
  };
}

export function changeGroup(
  workflow: Workflow,
  scope: Scope,
  name: string,
  changes: Partial<Omit<Group, "written">>,
): Workflow {
  const { groups } = graphAt(workflow, scope);
  return withGraph(workflow, scope, {
    groups: mapped(groups, (group, each) => (each === name ? { ...group, ...changes } : group)),
  });
}

/** Take groups away; what lies in them stays. */
export function removeGroups(workflow: Workflow, scope: Scope, names: Iterable<string>): Workflow {
  return withGraph(workflow, scope, { groups: without(graphAt(workflow, scope).groups, names) });
}

/** The boxes whose middle lies in a group: what moves with it. */
export function inGroup(group: Box, boxes: ReadonlyMap<string, Box>): ReadonlySet<string> {
  const inside = ({ x, y, width, height }: Box) => {
    const [right, down] = [x + width / 2 - group.x, y + height / 2 - group.y];
    return right >= 0 && right <= group.width && down >= 0 && down <= group.height;
  };
  return new Set([...boxes].filter(([, box]) => inside(box)).map(([name]) => name));
}

export function addNote(workflow: Workflow, scope: Scope, text: string, box: Box): Added {
  const { notes } = graphAt(workflow, scope);
  const name = freeName("note", notes);
  const note: Note = { text, x: box.x, y: box.y, width: box.width, height: box.height, color: null, written: NONE };
  return { workflow: withGraph(workflow, scope, { notes: withEntry(notes, name, note) }), name };
}

export function changeNote(
  workflow: Workflow,
  scope: Scope,
  name: string,
  changes: Partial<Omit<Note, "written">>,
): Workflow {
  const { notes } = graphAt(workflow, scope);
  return withGraph(workflow, scope, {
    notes: mapped(notes, (note, each) => (each === name ? { ...note, ...changes } : note)),
  });
}

export function removeNotes(workflow: Workflow, scope: Scope, names: Iterable<string>): Workflow {
  return withGraph(workflow, scope, { notes: without(graphAt(workflow, scope).notes, names) });
}

/** Let links from one output run through a point. `before` puts it before another reroute of theirs. */
export function addReroute(
  workflow: Workflow,
  scope: Scope,
  from: OutputRef,
  to: readonly InputRef[],
  at: Point,
  before?: string,
): Added {
  const { reroutes } = graphAt(workflow, scope);
  const name = freeName("reroute", reroutes);
  const made: Reroute = { x: at.x, y: at.y, from, to, written: NONE };
  const entries = [...reroutes];
  const place = before === undefined ? -1 : entries.findIndex(([each]) => each === before);
  entries.splice(place < 0 ? entries.length : place, 0, [name, made]);
  return { workflow: withGraph(workflow, scope, { reroutes: new Map(entries) }), name };
}

/** Take reroutes away; their links run straight again. */
export function removeReroutes(workflow: Workflow, scope: Scope, names: Iterable<string>): Workflow {
  return withGraph(workflow, scope, { reroutes: without(graphAt(workflow, scope).reroutes, names) });
}

/** The reroutes that a link runs through, from its output to its input. */
export function reroutesOf(graph: Graph, from: OutputRef, to: InputRef): readonly (readonly [string, Reroute])[] {
  if (graph.reroutes.size === 0) return [];
  const linked = linksOf(graph.nodes.get(to.node)?.inputs.get(to.input)).some((link) => sameOutput(link, from));
  if (!linked) return [];
  return [...graph.reroutes].filter(
    ([, each]) => sameOutput(each.from, from) && each.to.some((end) => sameInput(end, to)),
  );
}

/** Before which of its reroutes a new point on a link belongs; undefined after the last: where the way grows least. */
export function rerouteSlot(
  ends: readonly [Point, Point],
  by: readonly (readonly [string, Point])[],
  at: Point,
): string | undefined {
  const points = [ends[0], ...by.map(([, point]) => point), ends[1]];
  const far = (one: Point, other: Point) => Math.hypot(one.x - other.x, one.y - other.y);
  let slot = 0;
  let least = Infinity;
  points.slice(1).forEach((to, index) => {
    const from = points[index] ?? to;
    const longer = far(from, at) + far(at, to) - far(from, to);
    if (longer < least) [slot, least] = [index, longer];
  });
  return by[slot]?.[0];
}
