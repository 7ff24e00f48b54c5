/** The line of a link, as the data of an SVG path. */

import type { Point } from "./edit/nodes";

const SMALLEST = 28;
const ROUND = 10;
const LANE = 5;
/** How far above its target's upper edge a link runs back to the left. */
const ABOVE = 12;
const OUT = 20;

export interface Course {
  readonly from: Point;
  readonly to: Point;
  /** The upper edge of the node that the link ends at. */
  readonly top: number;
  /** How many links run through the same gap already. */
  readonly lane?: number;
  /** The points that the link runs through. */
  readonly by?: readonly Point[];
}

/** A curve to the right; to the left a course through the gap above the target, instead of behind the nodes. */
export function linkPath({ from, to, top, lane = 0, by = [] }: Course): string {
  if (by.length > 0) return through([from, ...by, to]);
  if (to.x >= from.x + SMALLEST / 2) return curve(from, to);
  return detour(from, to, top - ABOVE - lane * LANE, lane * LANE);
}

function curve(from: Point, to: Point): string {
  const reach = Math.max(SMALLEST, Math.abs(to.x - from.x) / 2);
  return `M${from.x} ${from.y}C${from.x + reach} ${from.y} ${to.x - reach} ${to.y} ${to.x} ${to.y}`;
}

function detour(from: Point, to: Point, gap: number, spread: number): string {
  const right = from.x + OUT + spread;
  const left = to.x - OUT + 6 - spread;
  const out = corner(from.y, gap);
  const back = corner(gap, to.y);
  return [
    `M${from.x} ${from.y}H${right - out}`,
    bend({ x: right, y: from.y }, { x: right, y: from.y + Math.sign(gap - from.y) * out }),
    `V${gap - Math.sign(gap - from.y) * out}`,
    bend({ x: right, y: gap }, { x: right - out, y: gap }),
    `H${left + back}`,
    bend({ x: left, y: gap }, { x: left, y: gap + Math.sign(to.y - gap) * back }),
    `V${to.y - Math.sign(to.y - gap) * back}`,
    bend({ x: left, y: to.y }, { x: left + back, y: to.y }),
    `H${to.x}`,
  ].join("");
}

function corner(one: number, other: number): number {
  return Math.min(ROUND, Math.abs(one - other) / 2);
}

function bend(at: Point, end: Point): string {
  return `Q${at.x} ${at.y} ${end.x} ${end.y}`;
}

function through(points: readonly Point[]): string {
  return points
    .slice(1)
    .map((to, index) => {
      const from = points[index] ?? to;
      const reach = Math.max(Math.min(SMALLEST, Math.abs(to.x - from.x)), Math.abs(to.x - from.x) / 2);
      const start = index === 0 ? `M${from.x} ${from.y}` : "";
      return `${start}C${from.x + reach} ${from.y} ${to.x - reach} ${to.y} ${to.x} ${to.y}`;
    })
    .join("");
}
