import { expect, test } from "vitest";

import type { Widget } from "../graph/types/nodeType";
import { fraction, showValue } from "./format";

const float = (low: number | null, high: number | null, step: number | null): Widget => ({
  kind: "float",
  low,
  high,
  step,
});

test("a number has the digits of its step, and all of them where it has more", () => {
  expect([
    showValue(float(0, 100, 0.1), 7),
    showValue(float(0, 1, 0.01), 1),
    showValue(float(0, 1, 0.01), 0.123),
    showValue(float(0, 1, null), 0.5),
  ]).toEqual(["7.0", "1.00", "0.123", "0.5"]);
  expect(showValue({ kind: "seed" }, 18446744073709551615n)).toBe("18446744073709551615");
});

test("a number is a slider where a hand can choose", () => {
  expect(fraction(float(0, 1, 0.01), 0.25)).toBe(0.25);
  expect([
    fraction(float(0, null, 0.1), 1),
    fraction({ kind: "int", low: 1n, high: 10_000n, step: null }, 20n),
    fraction({ kind: "seed" }, 1n),
  ]).toEqual([null, null, null]);
  expect(fraction(float(0, 1, 0.01), 4)).toBe(1);
});
