import fc from "fast-check";
import { expect, test } from "vitest";

import { atShare, clamped, nudged, seedFrom, typed, type NumberWidget } from "./number";

const SEED: NumberWidget = { kind: "seed" };
const STEPS: NumberWidget = { kind: "int", low: 1n, high: 10_000n, step: null };
const WIDTH: NumberWidget = { kind: "int", low: 16n, high: 16_384n, step: 8n };
const CFG: NumberWidget = { kind: "float", low: 0, high: 100, step: 0.1 };

function value(widget: NumberWidget, text: string) {
  const found = typed(widget, text);
  return found.ok ? found.value : found.refusal;
}

test("sums are worked out exactly", () => {
  expect([
    value(SEED, "2^64 - 1"),
    value(SEED, "18446744073709551615"),
    value(STEPS, "(1 + 2) * 8 / 2"),
    value(CFG, "0.1 + 0.2"),
    value(CFG, "7,5"),
    value(CFG, "1e1"),
    value(CFG, "10/3"),
    value(CFG, "--.5"),
  ]).toEqual([2n ** 64n - 1n, 2n ** 64n - 1n, 12n, 0.3, 7.5, 10, 10 / 3, 0.5]);
});

test("what is wrong is said", () => {
  expect([
    value(STEPS, ""),
    value(STEPS, "abc"),
    value(STEPS, "20.5"),
    value(STEPS, "1/0"),
    value(STEPS, "0"),
    value(SEED, "2^64"),
    value(SEED, "9^9^9^9"),
    value(CFG, "101"),
    value(CFG, "(1"),
    value(CFG, "1 2"),
  ]).toEqual([
    { code: "empty" },
    { code: "not-a-number" },
    { code: "not-whole" },
    { code: "by-zero" },
    { code: "below", limit: "1" },
    { code: "above", limit: "18446744073709551615" },
    { code: "too-large" },
    { code: "above", limit: "100" },
    { code: "not-a-number" },
    12,
  ]);
});

test("every 64-bit number and every float that is typed comes back", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (each) => value(SEED, String(each)) === each));
  const free: NumberWidget = { kind: "float", low: null, high: null, step: null };
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (each) => {
      const back = value(free, String(each));
      return typeof back === "number" && Math.abs(back - each) <= Math.abs(each) * 1e-9 + 1e-30;
    }),
  );
});

test("steps are the type's, ten times as long or fine, and stop at the limits", () => {
  expect([
    nudged(CFG, 7, 1, "plain"),
    nudged(CFG, 7, -1, "coarse"),
    nudged(CFG, 7, 1, "fine"),
    nudged(CFG, 99.95, 1, "plain"),
    nudged(WIDTH, 512n, 1, "plain"),
    nudged(WIDTH, 512n, 1, "fine"),
    nudged(WIDTH, 20n, -1, "coarse"),
    nudged(SEED, 2n ** 64n - 2n, 5, "plain"),
  ]).toEqual([7.1, 6, 7.01, 100, 520n, 513n, 16n, 2n ** 64n - 1n]);
  let sum: bigint | number = 0;
  for (let step = 0; step < 10; step++) sum = nudged(CFG, sum, 1, "plain");
  expect(sum).toBe(1);
});

test("a share of a range falls on a step", () => {
  expect([atShare(CFG, 0.5, "plain"), atShare(CFG, 0.0712, "plain"), atShare(CFG, 0.0712, "fine")]).toEqual([
    50, 7.1, 7.12,
  ]);
  expect([atShare(WIDTH, 0.5, "plain"), atShare(WIDTH, 1, "plain")]).toEqual([8200n, 16_384n]);
  expect([clamped(CFG, -3), clamped(STEPS, 0n), seedFrom(new Uint8Array(8).fill(255))]).toEqual([
    0,
    1n,
    2n ** 64n - 1n,
  ]);
});
