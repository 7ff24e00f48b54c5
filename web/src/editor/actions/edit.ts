/** What is done to what is selected. */

import { graphAt } from "../../graph/document/graphs";
import { duplicate, NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { addGroup, addNote } from "../../graph/edit/decorate";
import { disconnect } from "../../graph/edit/links";
import { toggleMode, type Point } from "../../graph/edit/nodes";
import { toggleCollapsed, togglePinned } from "../../graph/edit/place";
import {
  boundsOf,
  colorSelection,
  dissolveSelection,
  isEmpty,
  moveBy,
  placesOf,
  removeSelection,
  selectAll,
  withContents,
} from "../../graph/edit/selection";
import { GRID } from "../../graph/geometry";
import type { Action } from "../../state/actions";
import { edit, redoStep, select, undoStep } from "../../state/documents";
import { editAndSelect } from "../../state/gesture";
import { useRegistry } from "../../state/registry";
import { runToHere } from "../../state/submit";
import { middle, toGraph } from "../camera";
import { openSearchAt } from "../deeds";
import { lastSpot } from "../gestures/lastSpot";
import { boxes, document as opened, graph, linkById, selection } from "../here";
import { session, setSession } from "../session";
import { copyNow, cutNow, pasteNow } from "./clipboard";

const nodes = () => selection().nodes;
const someNodes = () => nodes().size > 0;
const something = () => !isEmpty(selection());
/** Is anything selected, a link too? Escape lets go of that before it means anything else. */
export const canRemove = () => something() || session().link !== null;

export function editActions(): Action[] {
  return [
    { id: "undo", section: "edit", keys: ["Ctrl+Z"], run: undoStep, enabled: () => past() > 0 },
    { id: "redo", section: "edit", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], run: redoStep, enabled: () => future() > 0 },
    { id: "cut", section: "edit", keys: ["Ctrl+X"], byBrowser: true, run: cutNow, enabled: something },
    { id: "copy", section: "edit", keys: ["Ctrl+C"], byBrowser: true, run: copyNow, enabled: something },
    { id: "paste", section: "edit", keys: ["Ctrl+V"], byBrowser: true, run: () => void pasteNow(false) },
    { id: "pasteLinked", section: "edit", keys: ["Ctrl+Shift+V"], byBrowser: true, run: () => void pasteNow(true) },
    { id: "duplicate", section: "edit", keys: ["Ctrl+D"], run: duplicateNow, enabled: something },
    {
      id: "remove",
      section: "edit",
      keys: ["Delete", "Backspace"],
      onCanvas: true,
      run: removeNow,
      enabled: canRemove,
    },
    { id: "dissolve", section: "edit", keys: ["Ctrl+Delete", "Ctrl+Backspace"], run: dissolve, enabled: someNodes },
    { id: "selectAll", section: "edit", keys: ["Ctrl+A"], run: () => select(selectAll(graph())) },
    { id: "selectNone", section: "edit", keys: ["Escape"], onCanvas: true, run: selectNone, enabled: canRemove },
  ];
  function past() {
    return opened()?.history.past.length ?? 0;
  }
  function future() {
    return opened()?.history.future.length ?? 0;
  }
  function selectNone() {
    setSession({ link: null });
    select(NOTHING_SELECTED);
  }
  function dissolve() {
    const { registry } = useRegistry.getState();
    const chosen = selection();
    edit("dissolve", (workflow, scope) => dissolveSelection(workflow, scope, chosen, registry));
    select(NOTHING_SELECTED);
  }
  function duplicateNow() {
    const chosen = withContents(graph(), boxes(), selection());
    editAndSelect("duplicate", (workflow, scope) => duplicate(workflow, scope, chosen, { x: GRID, y: GRID }));
  }
  function removeNow() {
    const link = linkById(session().link);
    if (link && !something()) edit("disconnect", (workflow, scope) => disconnect(workflow, scope, link.to, link.index));
    else {
      const chosen = selection();
      edit("remove", (workflow, scope) => removeSelection(workflow, scope, chosen));
      select(NOTHING_SELECTED);
    }
    setSession({ link: null });
    focusCanvas();
  }
}

/** Whatever had the keyboard may be gone: the canvas keeps it. */
export function focusCanvas(): void {
  window.document.querySelector<HTMLElement>("[data-canvas]")?.focus({ preventScroll: true });
}

export function nodeActions(texts: { readonly group: string; readonly note: string }): Action[] {
  const onNodes = (id: string, keys: readonly string[], run: () => void): Action => ({
    id,
    section: "nodes",
    keys,
    run,
    enabled: someNodes,
  });
  return [
    { id: "addNode", section: "nodes", keys: ["Tab"], onCanvas: true, run: openSearch },
    { id: "findNode", section: "nodes", keys: ["/"], run: openSearch },
    { id: "rename", section: "nodes", keys: ["F2"], run: renameNow, enabled: () => renamable() !== null },
    { id: "runTo", section: "run", keys: ["Alt+Enter"], onCanvas: true, run: runTo, enabled: () => nodes().size === 1 },
    onNodes("mute", ["Ctrl+M"], () => edit("mute", (workflow, scope) => toggleMode(workflow, scope, nodes(), "mute"))),
    onNodes("bypass", ["Ctrl+B"], () =>
      edit("bypass", (workflow, scope) => toggleMode(workflow, scope, nodes(), "bypass")),
    ),
    onNodes("collapse", ["C"], () => edit("collapse", (workflow, scope) => toggleCollapsed(workflow, scope, nodes()))),
    onNodes("pin", ["P"], () => edit("pin", (workflow, scope) => togglePinned(workflow, scope, nodes()))),
    { id: "group", section: "nodes", keys: ["Ctrl+G"], run: () => groupNow(texts.group), enabled: something },
    { id: "note", section: "nodes", keys: ["T"], run: () => noteNow(texts.note) },
  ];
}

function runTo(): void {
  const [name] = nodes();
  if (name !== undefined) void runToHere(name);
}

function openSearch(): void {
  const spot = lastSpot();
  const area = window.document.querySelector("[data-canvas]")?.getBoundingClientRect();
  const client = spot?.client ?? { x: 0, y: 0 };
  const inside = area && client.x > area.left && client.x < area.right && client.y > area.top && client.y < area.bottom;
  if (spot && inside && window.document.querySelector("[data-canvas]:hover")) {
    openSearchAt(spot);
    return;
  }
  const at = area
    ? { x: area.left + area.width / 2 - 200, y: area.top + Math.min(120, area.height / 4) }
    : { x: 0, y: 0 };
  openSearchAt({ client: at, at: nextPlace() }, true);
}

/** Right of what was selected last, else the middle of what one sees. */
export function nextPlace(): Point {
  const bounds = boundsOf(graph(), boxes(), selection());
  if (bounds) return { x: bounds.x + bounds.width + 44, y: bounds.y };
  const { x, y } = middle();
  return { x: Math.round(x - 110), y: Math.round(y - 80) };
}

function renamable() {
  const { nodes: chosen, groups, notes } = selection();
  const [node] = chosen;
  const [group] = groups;
  const [note] = notes;
  if (node !== undefined) return { kind: "title", name: node } as const;
  if (group !== undefined) return { kind: "group", name: group } as const;
  return note === undefined ? null : ({ kind: "note", name: note } as const);
}

function renameNow(): void {
  setSession({ editing: renamable() });
}

function groupNow(title: string): void {
  const bounds = boundsOf(graph(), boxes(), selection());
  if (!bounds) return;
  let name = "";
  editAndSelect("group", (workflow, scope) => {
    const added = addGroup(workflow, scope, title, [bounds]);
    name = added.name;
    return { workflow: added.workflow, selection: { ...NOTHING_SELECTED, groups: new Set([added.name]) } };
  });
  setSession({ editing: { kind: "group", name } });
}

function noteNow(text: string): void {
  const spot = lastSpot();
  const at = spot ? toGraph(spot.client) : middle();
  const box = { x: Math.round(at.x), y: Math.round(at.y), width: 220, height: 96 };
  let name = "";
  editAndSelect("note", (workflow, scope) => {
    const added = addNote(workflow, scope, text, box);
    name = added.name;
    return { workflow: added.workflow, selection: { ...NOTHING_SELECTED, notes: new Set([added.name]) } };
  });
  setSession({ editing: { kind: "note", name } });
}

export const COLORS = {
  red: "#c4504a",
  orange: "#c98232",
  yellow: "#b3992d",
  green: "#4d9a5b",
  teal: "#3a9a9a",
  blue: "#4b7fd1",
  purple: "#8a67c7",
  grey: "#7d7d86",
} as const;
export type ColorName = keyof typeof COLORS;

export function colorActions(): Action[] {
  const paint = (color: string | null) => () => {
    const chosen = selection();
    edit("color", (workflow, scope) => colorSelection(workflow, scope, chosen, color));
  };
  const all = Object.entries(COLORS).map(([name, color]): Action => ({
    id: `color.${name}`,
    section: "nodes",
    keys: [],
    run: paint(color),
    enabled: something,
  }));
  return [...all, { id: "color.none", section: "nodes", keys: [], run: paint(null), enabled: something }];
}

const STEP = 4;
const WAYS = [
  ["Left", -1, 0],
  ["Right", 1, 0],
  ["Up", 0, -1],
  ["Down", 0, 1],
] as const;

/** Arrow keys move what is selected, by 4 or with Shift by 24; steps in a row are undone as one. */
export function nudgeActions(): Action[] {
  const nudge = (x: number, y: number) => () => {
    const all = withContents(graph(), boxes(), selection());
    edit(
      "move",
      (workflow, scope) => moveBy(workflow, scope, placesOf(graphAt(workflow, scope), boxes(), all), { x, y }),
      "nudge",
    );
  };
  return WAYS.flatMap(([way, x, y]): Action[] => [
    {
      id: `nudge.${way}`,
      section: "arrange",
      keys: [`Arrow${way}`],
      onCanvas: true,
      run: nudge(x * STEP, y * STEP),
      enabled: something,
    },
    {
      id: `nudgeFar.${way}`,
      section: "arrange",
      keys: [`Shift+Arrow${way}`],
      onCanvas: true,
      run: nudge(x * GRID, y * GRID),
      enabled: something,
    },
  ]);
}
