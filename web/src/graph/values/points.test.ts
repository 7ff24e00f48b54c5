import { expect, test } from "vitest";

import { addPoint, frameOf, movePoint, pointsOf, removePoint } from "./points";

const FREE = { low: 0, high: 1, columns: false };

test("points keep their order and stay in the frame", () => {
  const points = pointsOf([0.2, 0.5, 0.8]);
  expect(movePoint(points, 1, { x: 9, y: 9 }, FREE)[1]).toEqual({ x: 1, y: 1 });
  expect(movePoint(points, 1, { x: 0.1, y: -9 }, FREE)[1]).toEqual({ x: 0.1, y: 0 });
  expect(movePoint(points, 1, { x: 0.1, y: 0.3 }, { ...FREE, columns: true })[1]).toEqual({ x: 0.5, y: 0.3 });
});

test("a point goes in where it belongs, and the last one stays", () => {
  const added = addPoint(pointsOf([0, 1]), { x: 0.25, y: 0.5 });
  expect([added.index, added.points.map(({ x }) => x)]).toEqual([1, [0, 0.25, 1]]);
  expect(removePoint(removePoint(pointsOf([0, 1]), 0), 0)).toHaveLength(1);
});

test("a list of numbers is framed by its limits where they are near", () => {
  expect(frameOf([0.25, 3], null, null)).toEqual({ low: 0, high: 3, columns: true });
  expect(frameOf([0.25], 0, 1)).toEqual({ low: 0, high: 1, columns: true });
  expect(frameOf([5], 0, 1e9).high).toBe(5);
});
