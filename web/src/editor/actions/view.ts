/** Looking around: zoom, going from node to node, from problem to problem, from area to area. */

import { NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { boundsOf, isEmpty } from "../../graph/edit/selection";
import { nextInDirection, type Direction } from "../../graph/pick";
import type { Action } from "../../state/actions";
import { select } from "../../state/documents";
import { problemsNow } from "../../state/trouble";
import { reveal as show, useRevealed } from "../../state/reveal";
import { change, useSettings } from "../../state/settings";
import { centreOn, fitBoxes, reveal, zoomBy } from "../camera";
import { enterNode } from "../deeds";
import { boxes, graph, scene, selection } from "../here";
import type { ProblemItem } from "../../wire/schema.gen";
import { ring } from "../ring";
import { session, setSession } from "../session";

const STEP = 1.25;

export function viewActions(): Action[] {
  return [
    { id: "fit", section: "view", keys: ["."], run: fitAll },
    { id: "fitSelection", section: "view", keys: ["F"], run: fitSelection, enabled: () => bounds() !== null },
    { id: "zoomReset", section: "view", keys: ["1"], run: () => zoomBy(() => 1) },
    { id: "zoomIn", section: "view", keys: ["+", "="], run: () => zoomBy((now) => now * STEP) },
    { id: "zoomOut", section: "view", keys: ["-"], run: () => zoomBy((now) => now / STEP) },
    { id: "map", section: "view", keys: ["M"], run: () => change({ map: !useSettings.getState().map }) },
    { id: "outline", section: "view", keys: ["O", "Ctrl+F"], run: () => setSession({ outline: !session().outline }) },
    { id: "palette", section: "view", keys: ["Ctrl+K"], inFields: true, run: () => setSession({ palette: true }) },
    { id: "help", section: "view", keys: ["?"], run: () => setSession({ shortcuts: true }) },
    { id: "nextArea", section: "view", keys: ["F6"], inFields: true, run: () => goToArea(1) },
    { id: "previousArea", section: "view", keys: ["Shift+F6"], inFields: true, run: () => goToArea(-1) },
    { id: "nextProblem", section: "view", keys: ["F8"], inFields: true, run: () => goToProblem(1), enabled: someWrong },
    {
      id: "previousProblem",
      section: "view",
      keys: ["Shift+F8"],
      inFields: true,
      run: () => goToProblem(-1),
      enabled: someWrong,
    },
    ...walkActions(),
  ];
}

const bounds = () => boundsOf(graph(), boxes(), selection());

function fitAll(): void {
  fitBoxes([...boxes().values(), ...graph().groups.values(), ...graph().notes.values()]);
}

function fitSelection(): void {
  const box = bounds();
  if (box) fitBoxes([box], true);
}

/** Alt and an arrow go from node to node; the arrow alone does where nothing is selected, which it would move. */
function walkActions(): Action[] {
  const ways = { Left: "left", Right: "right", Up: "up", Down: "down" } as const;
  const drawn = () => scene().nodes.size > 0;
  return Object.entries(ways).flatMap(([key, way]): Action[] => {
    const go = { onCanvas: true, run: () => walk(way) };
    const idle = () => drawn() && isEmpty(selection());
    return [
      { ...go, id: `walk.${key}`, section: "view", keys: [`Alt+Arrow${key}`], enabled: drawn },
      { ...go, id: `walkIdly.${key}`, keys: [`Arrow${key}`], enabled: idle },
    ];
  });
}

function walk(way: Direction): void {
  const here = session().current ?? [...selection().nodes].at(-1) ?? "";
  const next = nextInDirection(boxes(), here, way);
  if (next !== null) goToNode(next, false);
}

/** Select a node, give it the keyboard and bring it into view. */
export function goToNode(name: string, centre = true): void {
  const box = scene().nodes.get(name)?.box;
  if (!box) return;
  select({ ...NOTHING_SELECTED, nodes: new Set([name]) });
  if (centre) centreOn(box);
  else reveal(box);
  setSession({ focus: { node: name, port: null }, current: name, link: null });
}

/** Whatever leads the eye to a node moves the view there, once its graph is drawn. Returns how to stop. */
export function followReveals(): () => void {
  return useRevealed.subscribe(({ node, time }, before) => {
    if (node === null || time === before.time) return;
    // another graph or view is shown whole first
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        goToNode(node);
        ring(node);
      }),
    );
  });
}

function wrong(): readonly ProblemItem[] {
  return problemsNow().filter(({ node }) => Boolean(node));
}

function someWrong(): boolean {
  return wrong().length > 0;
}

let problem = -1;

function goToProblem(by: 1 | -1): void {
  const all = wrong();
  problem = problem < 0 && by < 0 ? all.length - 1 : (problem + by + all.length) % all.length;
  const to = all[problem];
  if (to?.node) show(to.node, to.input ?? null);
}

const AREAS = ["header.bar", "nav.rail", ".panel", "[data-canvas]", ".float.tools", ".float.zoom", "aside.dock"];
const FOCUSABLE = "button:not(:disabled), input:not(:disabled), [tabindex='0']";

/** F6: the next part of the page takes the keyboard. */
function goToArea(by: 1 | -1): void {
  const areas = AREAS.flatMap((selector) => window.document.querySelector<HTMLElement>(selector) ?? []);
  const here = areas.findIndex((area) => area.contains(window.document.activeElement));
  const next = areas[(here + by + areas.length) % areas.length];
  const target = next?.matches("[data-canvas]") ? next : next?.querySelector<HTMLElement>(FOCUSABLE);
  target?.focus();
}

/** Enter on a node: into a subgraph, else to its ports. */
export function openCurrent(): void {
  const { current } = session();
  const name = current ?? [...selection().nodes][0];
  if (name !== undefined && !enterNode(name)) goToPorts();
}

/** Give the keyboard to the first port of the node that is at hand. */
export function goToPorts(): void {
  const name = session().current ?? [...selection().nodes][0];
  if (name === undefined) return;
  const [first] = scene().nodes.get(name)?.shape.ports ?? [];
  if (first) setSession({ focus: { node: name, port: `${first.side}/${first.index}/${first.name}` } });
}
