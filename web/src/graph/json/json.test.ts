import fc from "fast-check";
import { expect, test } from "vitest";

import type { JsonError } from "./parse";
import { parseJson } from "./parse";
import type { Json } from "./value";
import { writeFloat, writeJson } from "./write";

test("a seed of 64 bits and a float that is whole survive", () => {
  const text = '{"seed": 18446744073709551615, "cfg": 3.0, "low": -9223372036854775808}';

  expect(writeJson(parseJson(text))).toBe(text);
});

test("names that look like numbers keep their order", () => {
  const text = '{"10": 1, "9": 2, "a": 3, "1": 4}';

  expect(writeJson(parseJson(text))).toBe(text);
});

test("floats are written as Python writes them", () => {
  // The right side is what repr() prints.
  const pairs: [number, string][] = [
    [1e-5, "1e-05"],
    [0.0001, "0.0001"],
    [1e16, "1e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [9007199254740993.5, "9007199254740994.0"],
    [-0, "-0.0"],
    [-2.5e-7, "-2.5e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [0.1 + 0.2, "0.30000000000000004"],
    [100, "100.0"],
    [-12.25, "-12.25"],
  ];

  expect(pairs.map(([value]) => writeFloat(value))).toEqual(pairs.map(([, text]) => text));
});

test.each([
  ["{", "not-json"],
  ["[1,]", "not-json"],
  ['{"a": 1, "a": 2}', "duplicate-key"],
  ["18446744073709551616", "number-too-large"],
  ["-9223372036854775809", "number-too-large"],
  ["1e999", "not-finite"],
  ["NaN", "not-json"],
  ["01", "not-json"],
  ['"\\ud800"', "bad-text"],
  ['"a\nb"', "not-json"],
  ["[".repeat(300), "too-deep"],
  ["1 2", "not-json"],
])("%s is refused as %s", (text, code) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: "JsonError", code }) as JsonError);
});

test("a place is told by line and column", () => {
  expect(() => parseJson('{\n  "a": ?\n}')).toThrow("line 2, column 8");
});

test("a key such as __proto__ is a key like any other", () => {
  const read = parseJson('{"__proto__": {"x": 1}}');

  expect(writeJson(read)).toBe('{"__proto__": {"x": 1}}');
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value")),
    fc.array(fc.tuple(fc.string(), tie("value"))).map((pairs) => new Map(pairs)),
  ),
})).value;

test("what is written is read back as it was", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(parseJson(writeJson(value))).toEqual(value);
    }),
  );
});

test("what is written means the same to JSON.parse", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(writeJson(value))).toBe(value);
    }),
  );
});
