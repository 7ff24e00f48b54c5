/** A curve as a list of points from left to right: what a hand may do to it. */

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface CurveFrame {
  readonly low: number;
  readonly high: number;
  /** Points stay in their columns and none comes or goes: a list of numbers. */
  readonly columns: boolean;
}

/** Numbers side by side, from 0 to 1. */
export function pointsOf(values: readonly number[]): readonly CurvePoint[] {
  return values.map((y, index) => ({ x: values.length === 1 ? 0.5 : index / (values.length - 1), y }));
}

/** Move a point; it stays between its neighbours and in the frame. */
export function movePoint(
  points: readonly CurvePoint[],
  index: number,
  to: CurvePoint,
  { low, high, columns }: CurveFrame,
): readonly CurvePoint[] {
  const point = points[index];
  if (!point) return points;
  const y = Math.min(high, Math.max(low, to.y));
  const [left, right] = [points[index - 1]?.x ?? 0, points[index + 1]?.x ?? 1];
  const x = columns ? point.x : Math.min(right, Math.max(left, to.x));
  return points.with(index, { x, y });
}

/** Put a point in; returns where it stands. */
export function addPoint(
  points: readonly CurvePoint[],
  point: CurvePoint,
): { readonly points: readonly CurvePoint[]; readonly index: number } {
  const index = points.findIndex(({ x }) => x > point.x);
  const at = index < 0 ? points.length : index;
  return { points: points.toSpliced(at, 0, point), index: at };
}

/** Take a point away; the last one stays. */
export function removePoint(points: readonly CurvePoint[], index: number): readonly CurvePoint[] {
  return points.length > 1 ? points.toSpliced(index, 1) : points;
}

/** What the frame of a list of numbers is: its limits where it has both, else room around what is there. */
export function frameOf(values: readonly number[], low: number | null, high: number | null): CurveFrame {
  const [least, most] = [Math.min(0, ...values), Math.max(1, ...values)];
  return { low: low ?? least, high: high !== null && high - (low ?? least) <= 1000 ? high : most, columns: true };
}
