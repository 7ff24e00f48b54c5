/** Where one looks from: lets gestures and actions turn points of the screen into points of the graph, and move the view. */

import type { Box } from "../graph/document/model";
import type { Point } from "../graph/edit/nodes";
import { fit, shown, zoomTo, type Size, type Viewport } from "../graph/viewport";

interface Lens {
  readonly viewport: () => Viewport;
  readonly show: (viewport: Viewport, calm: boolean) => void;
  readonly size: () => Size;
  /** The upper left corner of the canvas in the window. */
  readonly corner: () => Point;
}

const NOWHERE: Lens = {
  viewport: () => ({ x: 0, y: 0, zoom: 1 }),
  show: () => undefined,
  size: () => ({ width: 0, height: 0 }),
  corner: () => ({ x: 0, y: 0 }),
};

let lens = NOWHERE;

/** The canvas that is on the page hands in how it looks; returns how to take that back. */
export function setLens(made: Lens): () => void {
  lens = made;
  return () => {
    if (lens === made) lens = NOWHERE;
  };
}

/** The point of the graph that lies under a point of the window. */
export function toGraph(client: Point): Point {
  const { x, y, zoom } = lens.viewport();
  const corner = lens.corner();
  return { x: (client.x - corner.x - x) / zoom, y: (client.y - corner.y - y) / zoom };
}

export function toClient(at: Point): Point {
  const { x, y, zoom } = lens.viewport();
  const corner = lens.corner();
  return { x: at.x * zoom + x + corner.x, y: at.y * zoom + y + corner.y };
}

/** A point of the window, from the corner of the canvas. */
export function toCanvas(client: Point): Point {
  const corner = lens.corner();
  return { x: client.x - corner.x, y: client.y - corner.y };
}

export function viewport(): Viewport {
  return lens.viewport();
}

export function canvasSize(): Size {
  return lens.size();
}

/** The point of the graph in the middle of the canvas. */
export function middle(): Point {
  const { x, y, width, height } = shown(lens.viewport(), lens.size());
  return { x: x + width / 2, y: y + height / 2 };
}

export function panBy(by: Point): void {
  const { x, y, zoom } = lens.viewport();
  lens.show({ x: x + by.x, y: y + by.y, zoom }, false);
}

/** Look from somewhere else at once. */
export function look(viewport: Viewport): void {
  lens.show(viewport, false);
}

export function zoomBy(next: (zoom: number) => number): void {
  const now = lens.viewport();
  lens.show(zoomTo(now, next(now.zoom), lens.size()), false);
}

export function fitBoxes(boxes: Iterable<Box>, calm = false): void {
  lens.show(fit(boxes, lens.size()), calm);
}

/** Look at the middle of a box, at a zoom where it can be read. */
export function centreOn(box: Box, calm = true): void {
  const { width, height } = lens.size();
  const zoom = Math.max(lens.viewport().zoom, 0.6);
  const x = Math.round(width / 2 - (box.x + box.width / 2) * zoom);
  const y = Math.round(height / 2 - (box.y + Math.min(box.height, height / zoom) / 2) * zoom);
  lens.show({ x, y, zoom }, calm);
}

const MARGIN = 24;

/** Move the view no more than it takes to see a box. */
export function reveal(box: Box): void {
  const { width, height } = lens.size();
  const now = lens.viewport();
  const left = box.x * now.zoom + now.x;
  const top = box.y * now.zoom + now.y;
  const x = inside(left, box.width * now.zoom, width);
  const y = inside(top, box.height * now.zoom, height);
  if (x !== 0 || y !== 0) lens.show({ ...now, x: now.x + x, y: now.y + y }, true);
}

/** How far a stretch has to move so that it lies in the window, its beginning first. */
function inside(from: number, length: number, room: number): number {
  if (from < MARGIN) return MARGIN - from;
  const over = from + length - (room - MARGIN);
  return over > 0 ? -Math.min(over, from - MARGIN) : 0;
}
