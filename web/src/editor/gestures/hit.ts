/** What lies under the pointer: from the page near by, from the scene where one canvas draws everything. */

import type { Point } from "../../graph/edit/nodes";
import { boxAt } from "../../graph/pick";
import { FAR } from "../../graph/viewport";
import { viewport } from "../camera";
import { boxes, graph, scene, selection } from "../here";

export type Hit =
  | { readonly kind: "port"; readonly node: string; readonly port: string }
  /** A field of a node, where a link can be dropped; `inner` is a control that takes the press for itself. */
  | { readonly kind: "field"; readonly node: string; readonly input: string }
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "link"; readonly id: string }
  | { readonly kind: "group"; readonly name: string; readonly corner: boolean }
  | { readonly kind: "note"; readonly name: string; readonly corner: boolean }
  | { readonly kind: "reroute"; readonly name: string }
  | { readonly kind: "edge"; readonly node: string }
  | { readonly kind: "control" }
  | { readonly kind: "pane" };

const CONTROLS =
  "input, textarea, select, button, a, [contenteditable=true], [role=slider], [role=spinbutton], [role=combobox], [role=switch], [role=textbox], .nodrag";

export function hitAt(target: Element, at: Point): Hit {
  const node = named(target, "node");
  if (node === undefined) return outsideNodes(target, at);
  const port = named(target, "port");
  if (port !== undefined) return { kind: "port", node, port };
  if (target.closest("[data-resize]")) return { kind: "edge", node };
  if (target.closest(CONTROLS)) return { kind: "control" };
  const input = named(target, "input");
  return input === undefined ? { kind: "node", name: node } : { kind: "field", node, input };
}

/** What the nearest element says of itself in `data-*`. */
function named(target: Element, key: string): string | undefined {
  return target.closest<HTMLElement | SVGElement>(`[data-${key}]`)?.dataset[key];
}

function outsideNodes(target: Element, at: Point): Hit {
  if (target.closest(CONTROLS)) return { kind: "control" };
  return decorationAt(target) ?? (viewport().zoom < FAR ? fromAfar(at) : { kind: "pane" });
}

function decorationAt(target: Element): Hit | null {
  const corner = target.closest("[data-corner]") !== null;
  const reroute = named(target, "reroute");
  if (reroute !== undefined) return { kind: "reroute", name: reroute };
  const note = named(target, "note");
  if (note !== undefined) return { kind: "note", name: note, corner };
  const group = named(target, "group");
  if (group !== undefined) return { kind: "group", name: group, corner };
  const link = named(target, "link");
  return link === undefined ? null : { kind: "link", id: link };
}

/** The last that was drawn lies on top, and what is selected above all. */
export function nodeAt(at: Point): string | null {
  const all = boxes();
  const chosen = [...all].filter(([name]) => selection().nodes.has(name));
  return boxAt(chosen, at) ?? boxAt(all, at);
}

function fromAfar(at: Point): Hit {
  const name = nodeAt(at);
  if (name !== null) return { kind: "node", name };
  const { zoom } = viewport();
  const titles = Array.from(graph().groups, ([each, { title, x, y }]) => {
    const width = (title.length * 7.2 + 8) / zoom;
    return [each, { x, y: y - 24 / zoom, width, height: 22 / zoom }] as const;
  });
  const group = boxAt(titles, at);
  return group === null ? { kind: "pane" } : { kind: "group", name: group, corner: false };
}

/** What a link could be dropped on: looked up anew, since the pointer holds the link. */
export function dropAt(client: Point, at: Point): Hit {
  const target = document.elementFromPoint(client.x, client.y);
  if (!target?.closest("[data-canvas]")) return { kind: "control" };
  const node = named(target, "node") ?? (viewport().zoom < FAR ? nodeAt(at) : null);
  if (node === null || !scene().nodes.has(node)) return { kind: "pane" };
  const port = named(target, "port");
  if (port !== undefined) return { kind: "port", node, port };
  const input = named(target, "input");
  return input === undefined ? { kind: "node", name: node } : { kind: "field", node, input };
}
