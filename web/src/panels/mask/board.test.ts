import { expect, test } from "vitest";

import { fillArea, invert, makeGrid } from "../../graph/mask/grid";
import type { Area } from "../../graph/mask/grid";
import { Board } from "./board";

const PICTURE = { width: 20, height: 10, data: new Uint8ClampedArray(800) };
const BRUSH = { size: 4, hardness: 1, strength: 1, value: 255 };

test("a stroke is one step, and what it covers is drawn", () => {
  const board = new Board(PICTURE, null);
  const drawn: Area[] = [];
  board.onDraw((area) => drawn.push(area));
  board.press(BRUSH, { x: 5, y: 5, press: 1 });
  board.move({ x: 9, y: 5, press: 1 });
  expect(board.canUndo).toBe(false);
  board.release();

  expect([board.canUndo, board.changed, board.version]).toEqual([true, true, 1]);
  expect(drawn.every(({ width, height }) => width < 20 && height < 10)).toBe(true);
  const painted = board.share;
  board.undo();
  expect([board.share, board.canUndo, board.canRedo]).toEqual([0, false, true]);
  board.redo();
  expect(board.share).toBe(painted);
});

test("what changes nothing is no step", () => {
  const board = new Board(PICTURE, null);
  board.apply((mask) => fillArea(mask, { x: 0, y: 0, width: 20, height: 10 }, 0));
  expect([board.canUndo, board.changed]).toEqual([false, false]);
  board.apply(invert);
  expect([board.canUndo, board.share]).toEqual([true, 1]);
});

test("a soft edge shows and leaves what was painted as it was", () => {
  const board = new Board(PICTURE, null);
  board.apply((mask) => fillArea(mask, { x: 0, y: 0, width: 10, height: 10 }, 255));
  board.soften(2);
  expect(board.shown.data[10]).toBeGreaterThan(0);
  expect(board.shown.data[9]).toBeLessThan(255);
  board.soften(0);
  expect([board.shown.data[9], board.shown.data[10]]).toEqual([255, 0]);
});

test("a mask of another size is stretched over the picture", () => {
  const mask = makeGrid(2, 1);
  mask.data[1] = 255;
  const board = new Board(PICTURE, mask);
  expect([board.share, board.shown.data[9], board.shown.data[10], board.changed]).toEqual([0.5, 0, 255, false]);
});
