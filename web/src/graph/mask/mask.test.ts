import { deflateSync, inflateSync } from "node:zlib";

import fc from "fast-check";
import { expect, test } from "vitest";

import { falloff, startStroke, strokeTo, type Brush } from "./brush";
import { feather } from "./feather";
import { fillArea, flood, invert, makeGrid, painted, wholeOf, type Grid } from "./grid";
import { noted, redone, undone, NO_CHANGES } from "./history";
import { maskOf, opaque, overlay, withMask } from "./picture";
import { readPng, writePng, type Pixels } from "./png";

const HARD: Brush = { size: 10, hardness: 1, strength: 1, value: 255 };
const at = (grid: Grid, x: number, y: number) => grid.data[y * grid.width + x];

function stroked(grid: Grid, brush: Brush, ...places: readonly (readonly [number, number])[]): void {
  const stroke = startStroke(grid, brush);
  for (const [x, y] of places) strokeTo(grid, stroke, { x, y, press: 1 });
}

test("a hard brush paints its disc and nothing beyond", () => {
  const grid = makeGrid(40, 40);

  stroked(grid, HARD, [20, 20]);

  expect([at(grid, 20, 20), at(grid, 23, 20), at(grid, 26, 20), at(grid, 20, 14)]).toEqual([255, 255, 0, 0]);
  // pi r^2, with pixels at the edge partly covered
  expect((painted(grid) * 1600) / (Math.PI * 25)).toBeCloseTo(1, 1);
});

test("a soft brush falls from its middle to its edge", () => {
  const row = Array.from({ length: 11 }, (_, distance) => falloff(distance, 10, 0));
  expect(row[0]).toBeGreaterThan(0.98);
  for (let distance = 1; distance < row.length; distance++) expect(row[distance]!).toBeLessThan(row[distance - 1]!);
  expect(falloff(10.5, 10, 0)).toBe(0);
  expect([falloff(4, 10, 0.5), falloff(4, 10, 1), falloff(9, 10, 1)]).toEqual([1, 1, 1]);
  expect(falloff(5.5, 10, 0)).toBeCloseTo(0.5, 5);
});

test("a stroke is even, whatever the places that the hand was seen at", () => {
  const [few, many] = [makeGrid(60, 20), makeGrid(60, 20)];
  const soft = { ...HARD, hardness: 0.3, strength: 0.6 };

  stroked(few, soft, [10, 10], [50, 10]);
  stroked(many, soft, ...Array.from({ length: 41 }, (_, step) => [10 + step, 10] as const), [10, 10]);

  expect(few.data).toEqual(many.data);
  expect(at(few, 30, 10)).toBe(Math.round(0.6 * 255));
});

test("erasing takes away what painting put there, and pressure makes it thinner", () => {
  const grid = makeGrid(40, 40, 255);
  stroked(grid, { ...HARD, value: 0 }, [20, 20]);
  expect([at(grid, 20, 20), at(grid, 30, 20)]).toEqual([0, 255]);
  const thin = makeGrid(40, 40);
  strokeTo(thin, startStroke(thin, HARD), { x: 20, y: 20, press: 0.5 });
  expect(painted(thin) * 1600).toBeLessThan(25);
});

test("filling, flooding and inverting count to the pixel", () => {
  const grid = makeGrid(10, 10);
  fillArea(grid, { x: 5, y: -3, width: 1, height: 20 }, 255);
  expect(painted(grid)).toBeCloseTo(0.1);

  expect(flood(grid, 0, 0, 255)).toEqual({ x: 0, y: 0, width: 5, height: 10 });

  expect(painted(grid)).toBeCloseTo(0.6);
  expect(flood(grid, 0, 0, 255)).toBeNull();
  invert(grid);
  expect(painted(grid)).toBeCloseTo(0.4);
});

test("undo goes back byte for byte, and redo forth", () => {
  const grid = makeGrid(30, 30);
  const states = [grid.data.slice()];
  let history = NO_CHANGES;
  for (const x of [5, 15, 25]) {
    const stroke = startStroke(grid, { ...HARD, hardness: 0.2 });
    strokeTo(grid, stroke, { x, y: x, press: 1 });
    history = noted(history, grid, stroke.before, stroke.area!);
    states.push(grid.data.slice());
  }
  for (const state of states.slice(0, -1).reverse()) {
    history = undone(history, grid)!.history;
    expect(grid.data).toEqual(state);
  }
  expect(undone(history, grid)).toBeNull();
  for (const state of states.slice(1)) {
    history = redone(history, grid)!.history;
    expect(grid.data).toEqual(state);
  }
});

test("feathering keeps what is painted in sum, and an area is as the whole", () => {
  const grid = makeGrid(80, 80);
  fillArea(grid, { x: 30, y: 30, width: 20, height: 20 }, 255);
  const [soft, parts] = [makeGrid(80, 80), makeGrid(80, 80)];

  feather(grid, soft, wholeOf(grid), 4);
  feather(grid, parts, { x: 30, y: 30, width: 20, height: 20 }, 4);

  expect(painted(soft)).toBeCloseTo(painted(grid), 3);
  expect(at(soft, 30, 40)).toBeGreaterThan(110);
  expect(at(soft, 30, 40)).toBeLessThan(145);
  expect(parts.data).toEqual(soft.data);
});

test("what is seen alone is what the node will take", async () => {
  const mask = makeGrid(33, 21);
  stroked(mask, { ...HARD, hardness: 0.2 }, [4, 4], [25, 15]);
  const picture: Pixels = {
    width: 33,
    height: 21,
    data: Uint8ClampedArray.from({ length: 33 * 21 * 4 }, (_, index) => (index % 4 === 3 ? 255 : (index * 7) % 256)),
  };
  const seen = overlay(mask, wholeOf(mask), "alone", 1);

  for (const channel of ["alpha", "red"] as const) {
    const back = await readPng(await writePng(withMask(mask, channel, picture)));
    expect(maskOf(back!, channel).data).toEqual(mask.data);
    expect(maskOf(back!, channel).data).toEqual(seen.filter((_, index) => index % 4 === 0));
    // the colours under a hole are still those of the picture
    if (channel === "alpha") expect(opaque(back!).data).toEqual(picture.data);
  }
});

test("PNG files of others are read, whatever filter their rows have", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([0, 1], [2, 3], [4, 2], [6, 4]),
      fc.uint8Array({ minLength: 240, maxLength: 240 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 }),
      async ([colour = 0, channels = 1], bytes, filters) => {
        const file = filtered(bytes, 6, 5, colour, channels, filters);
        const found = await readPng(new Uint8Array(file));
        const grey = channels < 3;
        return Array.from({ length: 30 }, (_, pixel) => {
          const from = pixel * channels;
          const [r, g, b] = grey
            ? [bytes[from], bytes[from], bytes[from]]
            : [bytes[from], bytes[from + 1], bytes[from + 2]];
          return [r, g, b, channels % 2 === 0 ? bytes[from + channels - 1] : 255];
        }).every((pixel, index) => pixel.every((value, part) => found!.data[4 * index + part] === value));
      },
    ),
  );
  expect(await readPng(new Uint8Array([1, 2, 3]))).toBeNull();
});

test("our files are sound to another reader", async () => {
  const bytes = await writePng({
    width: 2,
    height: 2,
    data: Uint8ClampedArray.from({ length: 16 }, (_, index) => index),
  });
  const view = new DataView(bytes.buffer);
  const length = view.getUint32(33);
  expect([...inflateSync(bytes.subarray(41, 41 + length))]).toEqual([
    0, 0, 1, 2, 3, 4, 5, 6, 7, 2, 8, 8, 8, 8, 8, 8, 8, 8,
  ]);
});

/** A PNG file written by the definition of its filters, as slowly as that is. */
function filtered(
  bytes: Uint8Array,
  width: number,
  height: number,
  colour: number,
  channels: number,
  filters: readonly number[],
): Uint8Array {
  const length = width * channels;
  const plain = (row: number, index: number) => (row < 0 || index < 0 ? 0 : bytes[row * length + index]!);
  const rows: number[] = [];
  for (let row = 0; row < height; row++) {
    const filter = filters[row]!;
    rows.push(filter);
    for (let index = 0; index < length; index++) {
      const [a, b, c] = [plain(row, index - channels), plain(row - 1, index), plain(row - 1, index - channels)];
      const corner = index < channels ? 0 : c;
      const p = a + b - corner;
      const nearest = [a, b, corner].sort((one, other) => Math.abs(p - one) - Math.abs(p - other))[0]!;
      const paeth = Math.abs(p - a) <= Math.abs(p - b) && Math.abs(p - a) <= Math.abs(p - corner) ? a : nearest;
      rows.push((plain(row, index) - [0, a, b, Math.floor((a + b) / 2), paeth][filter]! + 256) % 256);
    }
  }
  const head = [0, 0, 0, width, 0, 0, 0, height, 8, colour, 0, 0, 0];
  const part = (name: string, body: readonly number[]) => [
    ...[24, 16, 8, 0].map((shift) => (body.length >> shift) & 255),
    ...Array.from(name, (letter) => letter.charCodeAt(0)),
    ...body,
    ...[0, 0, 0, 0],
  ];
  return new Uint8Array([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...part("IHDR", head),
    ...part("IDAT", [...deflateSync(new Uint8Array(rows))]),
    ...part("IEND", []),
  ]);
}
