/** Dragging what is selected, drawing a frame around things, sizing, and moving the view. */

import { inputType } from "../../graph/connect";
import type { Scope, Workflow } from "../../graph/document/model";
import { duplicate, type Selection } from "../../graph/edit/clipboard";
import { changeGroup, changeNote } from "../../graph/edit/decorate";
import { insertIntoLink } from "../../graph/edit/links";
import type { Point } from "../../graph/edit/nodes";
import { changeViews, snap } from "../../graph/edit/place";
import { framed, moveBy, placesOf, selecting, union, withContents, type Kind } from "../../graph/edit/selection";
import { GRID, NARROWEST, WIDEST } from "../../graph/geometry";
import { pickThrough } from "../../graph/pick";
import { select } from "../../state/documents";
import { tryOut } from "../../state/gesture";
import { useSettings } from "../../state/settings";
import { panBy } from "../camera";
import { boxes, graph, linkById, scene, selection, situation } from "../here";
import { setSession } from "../session";
import type { Drag, Press, Spot } from "./press";

/** A press on something that can be selected and dragged. */
export function pressThing(kind: Kind, name: string, spot: Spot): Press {
  const more = spot.shift || spot.ctrl;
  const was = selection()[kind].has(name);
  setSession({ link: null });
  if (!was) select(selecting(selection(), kind, name, more));
  if (kind === "nodes") setSession({ current: name });
  return {
    click: () => {
      if (was) select(selecting(selection(), kind, name, more));
    },
    drag: (start) => dragThings(kind, name, start),
  };
}

function dragThings(kind: Kind, name: string, start: Spot): Drag | null {
  const chosen = start.alt && kind === "groups" ? selection() : withContents(graph(), boxes(), selection());
  const from = placesOf(graph(), boxes(), chosen);
  const lead = from[kind].get(name);
  const trial = tryOut(start.alt && kind === "nodes" ? "duplicate" : "move");
  if (!trial || !lead) return null;
  const before = selection();
  const copies = start.alt && kind === "nodes";
  const single = kind === "nodes" && !copies && chosen.nodes.size === 1;
  let through: Through | null = null;
  return {
    move: (spot) => {
      const by = snapped(lead, apart(start.at, spot.at), spot.ctrl);
      if (single) through = throughAt(spot.client, name);
      if (copies) trial.update((workflow, scope) => copied(workflow, scope, chosen, by));
      else trial.update((workflow, scope) => moveBy(workflow, scope, from, by));
    },
    drop: (spot) => {
      const into = through;
      if (!into) return;
      setSession({ link: null });
      const by = snapped(lead, apart(start.at, spot.at), spot.ctrl);
      trial.update((workflow, scope) => into(moveBy(workflow, scope, from, by), scope));
    },
    cancel: () => {
      trial.cancel();
      setSession({ link: null });
      select(before);
    },
    pansAtEdge: true,
  };
}

type Through = (workflow: Workflow, scope: Scope) => Workflow;

/** How the link under the pointer would run through a node that is held over it; the link is marked meanwhile. */
function throughAt(client: Point, node: string): Through | null {
  const now = situation();
  const id = document
    .elementsFromPoint(client.x, client.y)
    .map((each) => (each instanceof SVGElement ? each.dataset.link : undefined))
    .find((each) => each !== undefined);
  const link = linkById(id ?? null);
  const ports = now && link ? pickThrough(now, link, node) : null;
  setSession({ link: link && ports ? link.id : null });
  if (!now || !link || !ports) return null;
  const many = inputType(now, { node, input: ports.input })?.arity === "many";
  return (workflow, scope) => insertIntoLink(workflow, scope, link.to, link.index, { name: node, ...ports }, many);
}

/** Copies under the pointer instead of what was taken hold of; they are selected once the step stands. */
function copied(workflow: Workflow, scope: Scope, chosen: Selection, by: Point): Workflow {
  const made = duplicate(workflow, scope, chosen, by);
  queueMicrotask(() => select(made.selection));
  return made.workflow;
}

/** Whole pixels, or steps of the grid for what the pointer holds; Ctrl turns snapping round for now. */
function snapped(lead: Point, by: Point, turned: boolean): Point {
  if (useSettings.getState().snap === turned) return { x: Math.round(by.x), y: Math.round(by.y) };
  const to = snap(new Map([["", { x: lead.x + by.x, y: lead.y + by.y }]]), GRID).get("") ?? lead;
  return { x: to.x - lead.x, y: to.y - lead.y };
}

/** A press on the bare canvas that draws a frame around what is to be selected. */
export function pressFrame(spot: Spot): Press {
  const before: Selection | null = spot.shift || spot.ctrl ? selection() : null;
  return {
    click: clearSelection(before !== null),
    drag: (start) => ({
      move: ({ at }) => {
        const frame = {
          x: Math.min(start.at.x, at.x),
          y: Math.min(start.at.y, at.y),
          width: Math.abs(at.x - start.at.x),
          height: Math.abs(at.y - start.at.y),
        };
        const inside = framed(graph(), boxes(), frame);
        setSession({ marquee: frame, link: null });
        select(before ? union(before, inside) : inside);
      },
      drop: () => setSession({ marquee: null }),
      cancel: () => {
        setSession({ marquee: null });
        if (before) select(before);
      },
      pansAtEdge: true,
    }),
  };
}

/** A press that takes the view along. */
export function pressView(clears: boolean): Press {
  return {
    ...(clears ? { click: clearSelection(false) } : {}),
    drag: (start) => {
      let last = start.client;
      setSession({ panning: true });
      const end = () => setSession({ panning: false });
      return {
        move: ({ client }) => {
          panBy(apart(last, client));
          last = client;
        },
        drop: end,
        cancel: end,
        pansAtEdge: false,
      };
    },
  };
}

function clearSelection(keep: boolean): () => void {
  return () => {
    if (keep) return;
    setSession({ link: null });
    select({ nodes: new Set(), groups: new Set(), notes: new Set(), reroutes: new Set() });
  };
}

/** A press on the lower right corner of a group or note. */
export function pressCorner(kind: "groups" | "notes", name: string): Press {
  return {
    drag: (start) => {
      const box = graph()[kind].get(name);
      const trial = tryOut("resize");
      if (!box || !trial) return null;
      return {
        move: ({ at }) => {
          const by = apart(start.at, at);
          const size = {
            width: Math.max(120, Math.round(box.width + by.x)),
            height: Math.max(48, Math.round(box.height + by.y)),
          };
          trial.update((workflow, scope) =>
            kind === "groups" ? changeGroup(workflow, scope, name, size) : changeNote(workflow, scope, name, size),
          );
        },
        drop: () => undefined,
        cancel: trial.cancel,
        pansAtEdge: true,
      };
    },
  };
}

/** A press on the lower right corner of a node: its width, and its height where something in it can grow. */
export function pressEdge(name: string): Press {
  return {
    drag: (start) => {
      const box = scene().nodes.get(name)?.box;
      const trial = tryOut("resize");
      if (!box || !trial) return null;
      return {
        move: ({ at }) => {
          const by = apart(start.at, at);
          const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, box.width + by.x)) / 4) * 4;
          const height = Math.round(Math.max(32, box.height + by.y));
          trial.update((workflow, scope) => changeViews(workflow, scope, [name], { width, height }));
        },
        drop: () => undefined,
        cancel: trial.cancel,
        pansAtEdge: false,
      };
    },
  };
}

function apart(from: Point, to: Point): Point {
  return { x: to.x - from.x, y: to.y - from.y };
}
