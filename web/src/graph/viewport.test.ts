import { expect, test } from "vitest";

import { fit, mapFrame, neighbourhood, overlap, shown, zoomTo } from "./viewport";

const WINDOW = { width: 1000, height: 600 };

test("a small graph is centred at its size, a large one made to fit", () => {
  expect(fit([{ x: 100, y: 100, width: 200, height: 100 }], WINDOW)).toEqual({ x: 300, y: 150, zoom: 1 });
  const { x, y, zoom } = fit([{ x: 0, y: 0, width: 8880, height: 100 }], WINDOW);
  expect([zoom, x, y + 50 * zoom]).toEqual([0.1, 56, 300]);
  expect(fit([], WINDOW).zoom).toBe(1);
});

test("zooming keeps the middle in the middle", () => {
  const before = { x: 30, y: -20, zoom: 0.8 };
  const after = zoomTo(before, 1.6, WINDOW);
  const middle = (viewport: typeof before) => [(500 - viewport.x) / viewport.zoom, (300 - viewport.y) / viewport.zoom];

  middle(after).forEach((value, index) => expect(value).toBeCloseTo(middle(before)[index]!));
  expect(zoomTo(before, 99, WINDOW).zoom).toBe(2);
});

test("the window shows a part of the graph", () => {
  expect(shown({ x: -100, y: 50, zoom: 2 }, WINDOW)).toEqual({ x: 50, y: -25, width: 500, height: 300 });
});

test("a map holds the whole graph", () => {
  const { x, y, zoom } = mapFrame({ x: 0, y: 0, width: 1640, height: 500 }, { width: 184, height: 116 }, 10);

  expect([zoom, x, y + 250 * zoom]).toEqual([0.1, 10, 58]);
});

test("a neighbourhood holds what is seen and some room around it, and seldom changes", () => {
  const seen = new Set<string>();
  for (let x = 0; x > -4096; x -= 8) {
    const viewport = { x, y: x / 3, zoom: 0.8 };
    const [part, window] = [neighbourhood(viewport, WINDOW), shown(viewport, WINDOW)];
    seen.add(JSON.stringify(part));

    expect(part.x).toBeLessThanOrEqual(window.x - 160);
    expect(part.y).toBeLessThanOrEqual(window.y - 160);
    expect(part.x + part.width).toBeGreaterThanOrEqual(window.x + window.width + 160);
    expect(part.y + part.height).toBeGreaterThanOrEqual(window.y + window.height + 160);
    expect(part.width).toBeLessThan(window.width + 320 + 2 * 1024);
  }

  expect(seen.size).toBeLessThan(20); // of 512 moves
});

test("boxes that only touch have nothing in common", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };

  expect(overlap(box, { ...box, x: 9 })).toBe(true);
  expect(overlap(box, { ...box, x: 10 })).toBe(false);
  expect(overlap(box, { ...box, y: -10 })).toBe(false);
  expect(overlap(box, { x: 4, y: 4, width: 1, height: 1 })).toBe(true);
});
