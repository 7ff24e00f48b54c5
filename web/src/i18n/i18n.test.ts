import { expect, test } from "vitest";

import { de } from "./de";
import { en } from "./en";

function keysOf(texts: object, prefix = ""): string[] {
  return Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null ? keysOf(value, `${prefix}${key}.`) : [prefix + key],
  );
}

function leavesOf(texts: object): string[] {
  return Object.values(texts).flatMap((value: unknown) =>
    typeof value === "object" && value !== null ? leavesOf(value) : [String(value)],
  );
}

const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test("both languages have the same keys", () => {
  expect(keysOf(de).sort()).toEqual(keysOf(en).sort());
});

test("no text is empty, and both languages are told the same values", () => {
  const [english, german] = [new Map(zip(en)), new Map(zip(de))];

  expect(
    leavesOf(en)
      .concat(leavesOf(de))
      .filter((text) => text.trim() === ""),
  ).toEqual([]);
  for (const [key, text] of english) expect([key, holes(german.get(key) ?? "")]).toEqual([key, holes(text)]);
});

function zip(texts: object): [string, string][] {
  const words = leavesOf(texts);
  return keysOf(texts).map((key, index) => [key, words[index] ?? ""]);
}
