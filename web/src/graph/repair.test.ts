import { expect, test } from "vitest";

import { disconnect } from "./edit/links";
import { changeNodes } from "./edit/nodes";
import { setValue } from "./edit/values";
import { repairsFor, suggestions } from "./repair";
import { PICTURE, REGISTRY } from "./testing";

test("names are read out of a hint as Python quotes them", () => {
  expect(suggestions("did you mean 'euler' or \"it's\"?")).toEqual(["euler", "it's"]);
  expect(suggestions("choose one of 'a', 'b'")).toEqual([]);
});

test("a value that was mistyped is put right", () => {
  const wrong = setValue(PICTURE, null, { node: "checkpoint", input: "ckpt_name" }, "tini");
  const trouble = { code: "missing-file", node: "checkpoint", input: "ckpt_name", hint: "did you mean 'tiny'?" };
  const [repair, ...more] = repairsFor(wrong, REGISTRY, trouble);

  expect(more).toEqual([]);
  expect(repair?.apply(wrong).nodes.get("checkpoint")?.inputs.get("ckpt_name")).toBe("tiny");
});

test("an input that was mistyped keeps its value", () => {
  const wrong = changeNodes(PICTURE, null, ["latent"], (node) => ({ ...node, inputs: new Map([["widht", 32n]]) }));
  const trouble = { code: "unknown-input", node: "latent", input: "widht", hint: "did you mean 'width'?" };
  const [repair] = repairsFor(wrong, REGISTRY, trouble);

  expect([...(repair?.apply(wrong).nodes.get("latent")?.inputs ?? [])]).toEqual([["width", 32n]]);
});

test("a link that is missing is offered from the node whose output nobody reads", () => {
  const cut = disconnect(PICTURE, null, { node: "sampler", input: "negative" });
  const trouble = { code: "missing-input", node: "sampler", input: "negative", hint: null };
  const [repair] = repairsFor(cut, REGISTRY, trouble);

  expect(repair?.kind).toBe("link");
  expect(repair?.apply(cut).nodes.get("sampler")?.inputs.get("negative")).toEqual({ node: "negative", output: "out" });
});

test("nothing is offered where nobody can know", () => {
  expect(repairsFor(PICTURE, REGISTRY, { code: "failed", node: "sampler", input: null, hint: null })).toEqual([]);
  expect(repairsFor(PICTURE, REGISTRY, { code: "missing-input", node: "gone", input: "x", hint: null })).toEqual([]);
});
