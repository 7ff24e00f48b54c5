/** Two fingers on the canvas: they move the view and change its zoom. */

import type { Point } from "../../graph/edit/nodes";
import { pinched } from "../../graph/viewport";
import { look, toCanvas, viewport } from "../camera";

export interface Finger {
  readonly id: number;
  /** In the window. */
  readonly at: Point;
}

let under = false;

/** Are two fingers at it already? A third does nothing. */
export function isPinching(): boolean {
  return under;
}

/** Follow two fingers until one of them is lifted. */
export function pinch(one: Finger, other: Finger): void {
  const start = viewport();
  const spots = new Map([one, other].map(({ id, at }) => [id, toCanvas(at)]));
  const ends = (): readonly [Point, Point] => [spots.get(one.id) ?? one.at, spots.get(other.id) ?? other.at];
  const from = ends();
  under = true;
  const move = (event: PointerEvent) => {
    if (!spots.has(event.pointerId)) return;
    spots.set(event.pointerId, toCanvas({ x: event.clientX, y: event.clientY }));
    look(pinched(start, from, ends()));
  };
  const up = ({ pointerId }: PointerEvent) => {
    if (!spots.has(pointerId)) return;
    under = false;
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", up);
    window.removeEventListener("pointercancel", up);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", up);
  window.addEventListener("pointercancel", up);
}
