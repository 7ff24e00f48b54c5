import { expect, test } from "vitest";

import { endsOf, keyMeans } from "./keys";

const CFG = { kind: "float" as const, low: 0, high: 10, step: 0.5 };

test("arrows step, ends lead to the ends, and digits begin to type", () => {
  expect([
    keyMeans(CFG, 5, "ArrowUp", "plain", true),
    keyMeans(CFG, 5, "PageDown", "plain", true),
    keyMeans(CFG, 5, "End", "plain", true),
    keyMeans(CFG, 5, "End", "plain", false),
    keyMeans(CFG, 5, "7", "plain", true),
    keyMeans(CFG, 5, "Enter", "plain", true),
    keyMeans(CFG, 5, "Delete", "plain", true),
    keyMeans(CFG, 5, "q", "plain", true),
  ]).toEqual([
    { kind: "value", value: 5.5 },
    { kind: "value", value: 0 },
    { kind: "value", value: 10 },
    null,
    { kind: "type", text: "7" },
    { kind: "type", text: null },
    { kind: "type", text: "" },
    null,
  ]);
  expect(endsOf({ kind: "seed" })).toEqual([0n, 2n ** 64n - 1n]);
});
