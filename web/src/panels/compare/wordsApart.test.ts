import * as fc from "fast-check";
import { expect, test } from "vitest";

import { wordsApart, type Piece } from "./wordsApart";

const own = (pieces: readonly Piece[]) => pieces.filter((each) => each.own).map((each) => each.text);
const whole = (pieces: readonly Piece[]) => pieces.map((each) => each.text).join("");

test("only the words that differ are marked", () => {
  const [before, after] = wordsApart("a red house at dusk, calm", "a red house at night, calm");

  expect([own(before), own(after)]).toEqual([["dusk"], ["night"]]);
});

test("what was added stands in the later text alone", () => {
  const [before, after] = wordsApart("hills, calm", "hills, stars, calm");

  expect(own(before)).toEqual([]);
  expect(own(after).join("").trim()).toContain("stars");
});

test("the pieces are the texts, and what is shared is the same in both", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (one, other) => {
      const [before, after] = wordsApart(one, other);
      const shared = (pieces: readonly Piece[]) =>
        pieces
          .filter((each) => !each.own)
          .map((each) => each.text)
          .join("");

      expect([whole(before), whole(after)]).toEqual([one, other]);
      expect(shared(before)).toBe(shared(after));
    }),
  );
});
