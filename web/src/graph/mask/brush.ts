/** A stroke of a brush: along it the mask goes towards a value, however often the hand passes the same place. */

import { isEmpty, union, within, type Area, type Grid } from "./grid";

export interface Brush {
  /** In pixels of the picture, across. */
  readonly size: number;
  /** 0 fades from the middle on, 1 has an edge of one pixel. */
  readonly hardness: number;
  /** How far the middle goes towards the value, 0 to 1. */
  readonly strength: number;
  /** 255 paints, 0 erases. */
  readonly value: number;
}

/** A place of the hand; `press` is 0 to 1, 1 for a mouse. */
export interface Touch {
  readonly x: number;
  readonly y: number;
  readonly press: number;
}

export interface Stroke {
  readonly brush: Brush;
  readonly before: Uint8ClampedArray<ArrayBuffer>;
  /** How much of the brush each pixel has had, at most. */
  readonly cover: Uint8ClampedArray<ArrayBuffer>;
  last: Touch | null;
  area: Area | null;
}

export function startStroke(grid: Grid, brush: Brush): Stroke {
  return {
    brush,
    before: grid.data.slice(),
    cover: new Uint8ClampedArray(grid.data.length),
    last: null,
    area: null,
  };
}

/** Go on to a place, painting all between; returns what has changed. */
export function strokeTo(grid: Grid, stroke: Stroke, touch: Touch): Area {
  const from = stroke.last ?? touch;
  stroke.last = touch;
  const radius = Math.max(reach(stroke.brush, from), reach(stroke.brush, touch)) + 1;
  const [x, y] = [Math.min(from.x, touch.x), Math.min(from.y, touch.y)];
  const span = { x, y, width: Math.abs(touch.x - from.x), height: Math.abs(touch.y - from.y) };
  const area = within(grid, span, radius);
  if (!isEmpty(area)) {
    paint(grid, stroke, from, touch, area);
    stroke.area = union(stroke.area, area);
  }
  return area;
}

/** How much of a brush a pixel has at a distance from its middle, 0 to 1. */
export function falloff(distance: number, radius: number, hardness: number): number {
  const soft = Math.max(1, radius * (1 - hardness));
  const share = (radius + 0.5 - distance) / soft;
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  return share * share * (3 - 2 * share);
}

function reach(brush: Brush, { press }: Touch): number {
  return Math.max(0.5, (brush.size / 2) * press);
}

/** The middle of pixel (x, y) lies at (x + 0.5, y + 0.5). */
function paint(grid: Grid, { brush, before, cover }: Stroke, from: Touch, to: Touch, area: Area): void {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const [first, last] = [reach(brush, from), reach(brush, to)];
  for (let row = area.y; row < area.y + area.height; row++) {
    for (let column = area.x; column < area.x + area.width; column++) {
      const [px, py] = [column + 0.5 - from.x, row + 0.5 - from.y];
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const amount = 255 * falloff(distance, first + along * (last - first), brush.hardness);
      const at = row * grid.width + column;
      if (amount <= (cover[at] ?? 0)) continue;
      cover[at] = amount;
      const share = (amount / 255) * brush.strength;
      const was = before[at] ?? 0;
      grid.data[at] = was + share * (brush.value - was);
    }
  }
}
