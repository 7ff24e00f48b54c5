import fc from "fast-check";
import { expect, test } from "vitest";

import { embeddingBefore, spansOf, weighed, type Selected } from "./prompt";

/** `|` marks the caret, two of them a selection. */
function marked(text: string): Selected {
  const [before = "", middle = "", after] = text.split("|");
  if (after === undefined) return { text: before + middle, from: before.length, to: before.length };
  return { text: before + middle + after, from: before.length, to: before.length + middle.length };
}

function shown({ text, from, to }: Selected): string {
  return `${text.slice(0, from)}|${text.slice(from, to)}|${text.slice(to)}`;
}

function covered(text: string, prompt: boolean): readonly string[] {
  return spansOf(text, prompt).map(({ from, to, kind }) => `${kind} ${text.slice(from, to)}`);
}

test("a word, a selection and a bracket get heavier and lighter", () => {
  expect([
    shown(weighed(marked("a red| house"), 1)),
    shown(weighed(marked("a |red house| at night"), 1)),
    shown(weighed(marked("a | red |house"), -1)),
    shown(weighed(marked("a (re|d:1.1) house"), 1)),
    shown(weighed(marked("a (|red|:1.1) house"), 1)),
    shown(weighed(marked("a (|red|:1.1) house"), -1)),
    shown(weighed(marked("a (re|d) house"), 1)),
    shown(weighed(marked("a (|red| house:1.2)"), 1)),
    shown(weighed(marked("a (red:0.05|) house"), -1)),
    shown(weighed(marked("a red, | "), 1)),
  ]).toEqual([
    "a (|red|:1.1) house",
    "a (|red house|:1.1) at night",
    "a  (|red|:0.9) house",
    "a (|red|:1.2) house",
    "a (|red|:1.2) house",
    "a |red| house",
    "a (|red|:1.2) house",
    "a ((|red|:1.1) house:1.2)",
    "a (|red|:0.0) house",
    "a red, || ",
  ]);
});

test("up and down again is the same text", () => {
  const words = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,4}$/);
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 5 }), fc.nat(), (text, times, at) => {
      let now: Selected = { text, from: at % text.length, to: at % text.length };
      for (let step = 0; step < times; step++) now = weighed(now, 1);
      for (let step = 0; step < times; step++) now = weighed(now, -1);
      return now.text === text;
    }),
  );
});

test("signs are found, and text that only looks like them is not", () => {
  expect(covered("a ((red):1.2) \\(house\\) :) embedding:cats/tom, (embedding:x:1.2) {a|b} // no", true)).toEqual([
    "weight ((red):1.2)",
    "embedding embedding:cats/tom",
    "weight (embedding:x:1.2)",
    "embedding embedding:x",
  ]);
  expect(covered("{red|{light|dark} blue} // (all\n\\{x\\} /* {a} */", false)).toEqual([
    "wildcard {red|{light|dark} blue}",
    "comment // (all",
    "comment /* {a} */",
  ]);
});

test("an embedding is asked for where its name begins", () => {
  expect([
    embeddingBefore("a embedding:ca", 14),
    embeddingBefore("(embedding:", 11),
    embeddingBefore("anembedding:x", 13),
    embeddingBefore("embedding:a b", 13),
  ]).toEqual([{ from: 12, typed: "ca" }, { from: 11, typed: "" }, null, null]);
});
