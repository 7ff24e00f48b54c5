/** Which part of a graph a window shows. */

import type { Box } from "./document/model";
import { cover } from "./edit/place";

/** A point of the graph lies at `x + zoom * point` on the screen. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const NEAREST = 2;
export const FARTHEST = 0.05;
/** Below this zoom one picture of the whole graph is drawn instead of its nodes. */
export const FAR = 0.35;
const MARGIN = 56;

/** Show all of these boxes, never larger than they are. */
export function fit(boxes: Iterable<Box>, window: Size): Viewport {
  const whole = cover(boxes);
  if (whole.width === 0 || whole.height === 0) return { x: window.width / 2, y: window.height / 2, zoom: 1 };
  const room = { width: Math.max(1, window.width - 2 * MARGIN), height: Math.max(1, window.height - 2 * MARGIN) };
  const zoom = Math.min(1, Math.max(FARTHEST, Math.min(room.width / whole.width, room.height / whole.height)));
  return {
    zoom,
    x: Math.round((window.width - whole.width * zoom) / 2 - whole.x * zoom),
    y: Math.round((window.height - whole.height * zoom) / 2 - whole.y * zoom),
  };
}

/** Change the zoom and keep the middle of the window where it is. */
export function zoomTo({ x, y, zoom }: Viewport, wanted: number, window: Size): Viewport {
  const next = Math.min(NEAREST, Math.max(FARTHEST, wanted));
  const keep = (offset: number, size: number) => size / 2 - ((size / 2 - offset) / zoom) * next;
  return { x: keep(x, window.width), y: keep(y, window.height), zoom: next };
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Where one looks once two fingers have moved: what lay under them at first lies under them still. */
export function pinched(start: Viewport, from: readonly [Spot, Spot], to: readonly [Spot, Spot]): Viewport {
  const apart = ([one, other]: readonly [Spot, Spot]) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
  const middle = ([one, other]: readonly [Spot, Spot]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const zoom = Math.min(NEAREST, Math.max(FARTHEST, (start.zoom * apart(to)) / apart(from)));
  const [held, now] = [middle(from), middle(to)];
  const keep = (offset: number, was: number, is: number) => is - ((was - offset) / start.zoom) * zoom;
  return { x: keep(start.x, held.x, now.x), y: keep(start.y, held.y, now.y), zoom };
}

/** The part of the graph that the window shows. */
export function shown({ x, y, zoom }: Viewport, window: Size): Box {
  return { x: -x / zoom, y: -y / zoom, width: window.width / zoom, height: window.height / zoom };
}

/** Lines of the graph so far apart are where a neighbourhood ends, and it reaches so far beyond what is seen. */
const TILE = 1024;
const BEYOND = 160;

/** A part of the graph with all that the window shows, which stays the same over many moves. */
export function neighbourhood(viewport: Viewport, window: Size): Box {
  const { x, y, width, height } = shown(viewport, window);
  const line = (at: number, to: (value: number) => number) => to(at / TILE) * TILE;
  const [left, top] = [line(x - BEYOND, Math.floor), line(y - BEYOND, Math.floor)];
  const [right, bottom] = [line(x + width + BEYOND, Math.ceil), line(y + height + BEYOND, Math.ceil)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Have they an area in common? */
export function overlap(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    one.x + one.width > other.x &&
    one.y < other.y + other.height &&
    one.y + one.height > other.y
  );
}

/** A single node does not fill the map. */
const LARGEST_ON_MAP = 0.15;

/** How a picture of the whole graph is laid into a small map. */
export function mapFrame(whole: Box, map: Size, margin: number): Viewport {
  const zoom = Math.min(
    LARGEST_ON_MAP,
    (map.width - 2 * margin) / Math.max(1, whole.width),
    (map.height - 2 * margin) / Math.max(1, whole.height),
  );
  return {
    zoom,
    x: (map.width - whole.width * zoom) / 2 - whole.x * zoom,
    y: (map.height - whole.height * zoom) / 2 - whole.y * zoom,
  };
}
