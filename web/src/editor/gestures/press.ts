/** Follows one press of the mouse, pen or finger: a click where it stays, a drag once it moves. */

import type { Point } from "../../graph/edit/nodes";
import { canvasSize, panBy, toCanvas, toGraph } from "../camera";
import { isPinching, pinch, type Finger } from "./pinch";

export interface Spot {
  readonly client: Point;
  /** In the graph. */
  readonly at: Point;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export interface Drag {
  readonly move: (spot: Spot) => void;
  readonly drop: (spot: Spot) => void;
  readonly cancel: () => void;
  /** What lies under the pointer matters, as where a link is put. Else nobody looks for it: that takes longer than a move. */
  readonly aims?: boolean;
  /** The view moves on when the edge of the canvas is reached. */
  readonly pansAtEdge: boolean;
}

export interface Press {
  readonly click?: (spot: Spot) => void;
  readonly drag?: (start: Spot) => Drag | null;
}

const SLACK = 3;
const EDGE = 28;
const SPEED = 12;

export function spotOf(event: MouseEvent): Spot {
  return { ...passing(event) };
}

/** A spot of which the place in the graph is worked out only when it is asked for: for that the page has to be laid out. */
function passing(event: MouseEvent): Spot {
  const client = { x: event.clientX, y: event.clientY };
  return {
    client,
    get at() {
      return toGraph(client);
    },
    shift: event.shiftKey,
    ctrl: event.ctrlKey || event.metaKey,
    alt: event.altKey,
  };
}

/** The finger that has begun something, and how to take that back. */
let finger: { readonly now: () => Finger; readonly cancel: () => void } | null = null;

/** Follow a press until it is let go; Escape takes back what was dragged, and so does a second finger, which pinches. */
export function follow(event: PointerEvent, press: Press): void {
  const touch = event.pointerType === "touch";
  if (touch && joined(event)) return;
  const [start, surface] = [spotOf(event), event.currentTarget];
  let drag: Drag | null = null;
  let last = event;
  let frame = 0;

  const move = (next: PointerEvent) => {
    if (next.pointerId !== event.pointerId) return;
    last = next;
    if (!drag) {
      if (Math.hypot(next.clientX - start.client.x, next.clientY - start.client.y) < SLACK) return;
      drag = press.drag?.(start) ?? null;
      if (!drag) {
        stop();
        return;
      }
      if (drag.aims !== true && surface instanceof Element) surface.setPointerCapture(event.pointerId);
      if (drag.pansAtEdge) frame = requestAnimationFrame(atEdge);
    }
    drag.move(passing(next));
  };
  const up = (next: PointerEvent) => {
    if (next.pointerId !== event.pointerId) return;
    stop();
    if (drag) drag.drop(spotOf(next));
    else press.click?.(spotOf(next));
  };
  const cancel = () => {
    stop();
    drag?.cancel();
  };
  const key = (pressed: KeyboardEvent) => {
    if (pressed.key !== "Escape") return;
    pressed.preventDefault();
    pressed.stopImmediatePropagation();
    cancel();
  };
  const atEdge = () => {
    frame = requestAnimationFrame(atEdge);
    const by = beyondEdge(toCanvas({ x: last.clientX, y: last.clientY }));
    if (by.x === 0 && by.y === 0) return;
    panBy(by);
    drag?.move(spotOf(last));
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    if (touch) finger = null;
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", up);
    window.removeEventListener("pointercancel", cancel);
    window.removeEventListener("keydown", key, true);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", up);
  window.addEventListener("pointercancel", cancel);
  window.addEventListener("keydown", key, true);
  const now = () => ({ id: event.pointerId, at: { x: last.clientX, y: last.clientY } });
  if (touch) finger = { now, cancel };
}

/** A second finger takes the place of what the first has begun. */
function joined({ pointerId, clientX, clientY }: PointerEvent): boolean {
  if (isPinching()) return true;
  if (!finger) return false;
  const { now, cancel } = finger;
  const first = now();
  cancel();
  pinch(first, { id: pointerId, at: { x: clientX, y: clientY } });
  return true;
}

function beyondEdge({ x, y }: Point): Point {
  const { width, height } = canvasSize();
  const push = (at: number, room: number) => {
    if (at < EDGE) return Math.min(SPEED, (EDGE - at) / 2);
    return at > room - EDGE ? -Math.min(SPEED, (at - room + EDGE) / 2) : 0;
  };
  return { x: push(x, width), y: push(y, height) };
}
