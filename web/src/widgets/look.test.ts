import { expect, test } from "vitest";

import { field, REGISTRY } from "../graph/testing";
import { colourValue, hexOf, lookOf } from "./look";

const whole = (high: bigint) => ({ kind: "int" as const, low: 0n, high, step: null });

test("a colour is known by its name and its range", () => {
  expect(lookOf(field("color", "INT", whole(0xffffffn), 0n))).toEqual({ kind: "colour", as: "number" });
  expect(lookOf(field("colors", "INT", whole(256n), 0n))?.kind).toBe("number");
  expect(lookOf(field("color", "INT", whole(256n), 0n))?.kind).toBe("number");
  expect(lookOf(field("colour", "STRING", { kind: "text", multiline: false, mentions: null }, "red"))).toEqual({
    kind: "colour",
    as: "text",
  });
});

test("a colour is the same number on both ways", () => {
  expect([hexOf(0xd9482bn), hexOf("#D9482B"), hexOf("#abc"), hexOf("red"), hexOf(-1n), hexOf(undefined)]).toEqual([
    "#d9482b",
    "#d9482b",
    "#aabbcc",
    null,
    null,
    null,
  ]);
  expect([colourValue("#000010", "number"), colourValue("#000010", "text")]).toEqual([16n, "#000010"]);
});

test("every input of every type has a look, or only takes links", () => {
  for (const type of REGISTRY.types)
    for (const input of type.inputs) expect(lookOf(input) === null).toBe(input.widget === null);
});
