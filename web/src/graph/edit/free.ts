/** Where there is room for a new node: beside what is there, never upon it. */

import type { Box } from "../document/model";
import { APART } from "../geometry";
import type { Point } from "./nodes";

/** Columns that are looked at beside the wanted one. */
const COLUMNS = 4;

/**
 * The free place that is nearest to where a box is wanted: there itself, above or below in its column, else in the next
 * columns to the right (`way` 1) or to the left (-1).
 */
export function freePlace(wanted: Box, taken: Iterable<Box>, way: 1 | -1): Point {
  const others = [...taken];
  let best = { x: wanted.x, y: wanted.y, cost: Infinity };
  for (let column = 0; column <= COLUMNS; column++) {
    const aside = column * (wanted.width + APART);
    if (aside >= best.cost) break;
    const x = wanted.x + way * aside;
    const y = freeHeight({ ...wanted, x }, others);
    const cost = aside + Math.abs(y - wanted.y);
    if (cost < best.cost) best = { x, y, cost };
  }
  return { x: best.x, y: best.y };
}

/** The nearest height at which a box meets none of the others; below rather than above where both are as near. */
function freeHeight(box: Box, others: readonly Box[]): number {
  const inColumn = others.filter(({ x, width }) => x < box.x + box.width + APART && box.x < x + width + APART);
  const isFree = (y: number) =>
    inColumn.every((each) => y >= each.y + each.height + APART || each.y >= y + box.height + APART);
  const heights = inColumn.flatMap(({ y, height }) => [y + height + APART, y - box.height - APART]);
  const free = [box.y, ...heights].filter(isFree);
  return free.reduce((best, y) => {
    const [before, now] = [Math.abs(best - box.y), Math.abs(y - box.y)];
    return now < before || (now === before && y > best) ? y : best;
  }, free[0] ?? box.y);
}
