/** What the mouse, a pen or a finger does on the canvas. */

import { useEffect, type RefObject } from "react";

import { FAR } from "../../graph/viewport";
import { useSettings } from "../../state/settings";
import { goToNode } from "../actions/view";
import { viewport } from "../camera";
import { bendLink, enterNode, openSearchAt } from "../deeds";
import { openMenu } from "../menus/openMenu";
import { session, setSession } from "../session";
import { hitAt, type Hit } from "./hit";
import { pressPort } from "./linking";
import { remember, spaceHeld } from "./lastSpot";
import { pressCorner, pressEdge, pressFrame, pressThing, pressView } from "./move";
import { follow, spotOf, type Press, type Spot } from "./press";

/** Follow the pointer on an element, which is the canvas. */
export function usePointer(canvas: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const down = (event: PointerEvent) => {
      remember(event);
      const press = pressAt(event);
      if (!press) return;
      if (event.button === 1) event.preventDefault(); // no scrolling by the wheel's button
      follow(event, press);
    };
    const twice = (event: MouseEvent) => doubleClick(hitOf(event), spotOf(event));
    const menu = (event: MouseEvent) => {
      if (inField(event.target)) return;
      const hit = hitOf(event);
      if (hit.kind === "control" && !inNode(event.target)) return;
      event.preventDefault();
      openMenu(hit, { x: event.clientX, y: event.clientY });
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", remember);
    element.addEventListener("dblclick", twice);
    element.addEventListener("contextmenu", menu);
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", remember);
      element.removeEventListener("dblclick", twice);
      element.removeEventListener("contextmenu", menu);
    };
  }, [canvas]);
}

function hitOf(event: MouseEvent): Hit {
  return event.target instanceof Element ? hitAt(event.target, spotOf(event).at) : { kind: "control" };
}

function inNode(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-node]") !== null && !target.closest("input, textarea");
}

/** Fields have a menu of their own. */
function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".field-body") !== null;
}

function pressAt(event: PointerEvent): Press | null {
  if (event.button === 1 || (event.button === 0 && spaceHeld())) return pressView(false);
  if (event.button !== 0) return null;
  setSession({ menu: null });
  if (session().search) setSession({ search: null, linking: null });
  const spot = spotOf(event);
  return pressOn(hitOf(event), spot, event.pointerType === "touch");
}

function pressOn(hit: Hit, spot: Spot, touch: boolean): Press | null {
  switch (hit.kind) {
    case "port":
      return pressPort(hit.node, hit.port);
    case "node":
      return pressThing("nodes", hit.name, spot);
    case "edge":
      return pressEdge(hit.node);
    case "group":
      return hit.corner ? pressCorner("groups", hit.name) : pressThing("groups", hit.name, spot);
    case "note":
      return hit.corner ? pressCorner("notes", hit.name) : pressThing("notes", hit.name, spot);
    case "reroute":
      return pressThing("reroutes", hit.name, spot);
    case "link":
      setSession({ link: hit.id });
      return {};
    case "pane":
      return frames(spot) && !touch ? pressFrame(spot) : pressView(true);
    case "field":
      return pressThing("nodes", hit.node, spot);
    case "control":
      return null;
  }
}

/** Dragging the bare canvas moves the view or draws a frame, as one has set; Shift or Ctrl gives the other. */
function frames({ shift, ctrl }: Spot): boolean {
  return shift || ctrl || useSettings.getState().drag === "frame";
}

function doubleClick(hit: Hit, spot: Spot): void {
  switch (hit.kind) {
    case "pane":
      openSearchAt(spot);
      return;
    case "node":
      if (viewport().zoom < FAR) goToNode(hit.name);
      else openNode(hit.name, spot);
      return;
    case "link":
      bendLink(hit.id, spot);
      return;
    case "group":
      setSession({ editing: { kind: "group", name: hit.name } });
      return;
    case "note":
      setSession({ editing: { kind: "note", name: hit.name } });
      return;
    default:
  }
}

/** The title is renamed, the rest of a subgraph's node leads into it. */
function openNode(name: string, { client }: Spot): void {
  const onTitle = document.elementFromPoint(client.x, client.y)?.matches("[data-title]") === true;
  if (onTitle || !enterNode(name)) setSession({ editing: { kind: "title", name } });
}
