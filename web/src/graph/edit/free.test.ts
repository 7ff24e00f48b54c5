import fc from "fast-check";
import { expect, test } from "vitest";

import { APART } from "../geometry";
import type { Box } from "../document/model";
import { freePlace } from "./free";

const box = (x: number, y: number, width = 200, height = 100): Box => ({ x, y, width, height });
const meet = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

test("a box stays where it is wanted if there is room", () => {
  expect(freePlace(box(300, 40), [box(0, 0), box(300, 400)], 1)).toEqual({ x: 300, y: 40 });
});

test("a box goes below what is in its way, with room between them", () => {
  expect(freePlace(box(300, 40), [box(300, 0)], 1)).toEqual({ x: 300, y: 100 + APART });
});

test("a full column sends a box to the next, on the side away from where it is linked", () => {
  const column = [box(300, -2000, 200, 4000)];

  expect(freePlace(box(300, 40), column, 1)).toEqual({ x: 300 + 200 + APART, y: 40 });
  expect(freePlace(box(300, 40), column, -1)).toEqual({ x: 300 - 200 - APART, y: 40 });
});

test("whatever is there, a new box lies upon nothing", () => {
  const size = fc.integer({ min: 1, max: 500 });
  const place = fc.integer({ min: -900, max: 900 });
  const boxes = fc.record({ x: place, y: place, width: size, height: size });

  fc.assert(
    fc.property(
      boxes,
      fc.array(boxes, { maxLength: 30 }),
      fc.constantFrom(1 as const, -1 as const),
      (wanted, taken, way) => {
        const put = { ...wanted, ...freePlace(wanted, taken, way) };
        expect(taken.filter((each) => meet(put, each))).toEqual([]);
      },
    ),
  );
});
