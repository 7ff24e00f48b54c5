import { expect, test } from "vitest";

import { listOf, movedIn, nextOf } from "./list";

test("a list goes on as it began", () => {
  const float = { kind: "float" as const, low: 0, high: 2, step: null };
  const int = { kind: "int" as const, low: null, high: null, step: null };
  expect([
    nextOf([0.25, 0.5, 0.75], float),
    nextOf([1, 1.8], float),
    nextOf([], float),
    nextOf([1n, 3n], int),
    nextOf([7n], int),
    nextOf(["a"], { kind: "text", multiline: false, mentions: null }),
  ]).toEqual([1, 2, 0, 5n, 8n, ""]);
});

test("a value moves, and not beyond the ends", () => {
  expect(movedIn(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(movedIn(["a", "b"], 1, 2)).toEqual(["a", "b"]);
  expect([listOf(undefined), listOf(3n), listOf(["a"])]).toEqual([[], [3n], ["a"]]);
});
