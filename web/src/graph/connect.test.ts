import { expect, test } from "vitest";

import { canConnect, fittingInputs, fittingOutputs, fromInput, fromOutput, type Situation } from "./connect";
import { makeSubgraph } from "./edit/subgraphs";
import { graphOf, PICTURE, REGISTRY } from "./testing";

const at = (workflow: Situation["workflow"]): Situation => ({ workflow, scope: null, registry: REGISTRY });
const CHAIN = graphOf({
  a: ["UpscaleLatent"],
  b: ["UpscaleLatent", { samples: "@a.out" }],
  c: ["UpscaleLatent", { samples: "@b.out" }],
});

test("an output feeds an input of its type", () => {
  expect(canConnect(at(PICTURE), { node: "latent", output: "out" }, { node: "decode", input: "samples" })).toBeNull();
});

test("another type is refused, with both names", () => {
  const refusal = canConnect(at(PICTURE), { node: "latent", output: "out" }, { node: "save", input: "images" });

  expect(refusal).toEqual({
    code: "type-mismatch",
    at: { node: "save", input: "images" },
    have: "LATENT",
    want: "IMAGE",
  });
});

test("a loop is refused, also to oneself", () => {
  const cycle = (from: string, to: string) =>
    canConnect(at(CHAIN), { node: from, output: "out" }, { node: to, input: "samples" })?.code;

  expect([cycle("c", "a"), cycle("a", "a"), cycle("a", "c")]).toEqual(["cycle", "cycle", undefined]);
});

test("a subtype feeds its base and not the other way round", () => {
  const workflow = graphOf({ invert: ["Invert"], save: ["SaveImage"], batch: ["Batch"] });

  expect(canConnect(at(workflow), { node: "invert", output: "out" }, { node: "save", input: "images" })).toBeNull();
  expect(canConnect(at(workflow), { node: "save", output: "images" }, { node: "batch", input: "images" })?.code).toBe(
    "type-mismatch",
  );
});

test("a widget is a port: a whole number feeds a whole number and a float, but no text", () => {
  const workflow = graphOf({
    number: ["Number"],
    latent: ["EmptyLatent"],
    up: ["UpscaleLatent"],
    text: ["CLIPEncode"],
  });
  const from = { node: "number", output: "out" };
  const refused = (node: string, input: string) => canConnect(at(workflow), from, { node, input })?.code;

  expect([refused("latent", "width"), refused("up", "scale_by"), refused("text", "text")]).toEqual([
    undefined,
    undefined,
    "type-mismatch",
  ]);
});

test("a file takes no link", () => {
  const workflow = graphOf({ pass: ["Pass"], load: ["LoadCheckpoint"] });

  expect(canConnect(at(workflow), { node: "pass", output: "out" }, { node: "load", input: "ckpt_name" })?.code).toBe(
    "takes-no-link",
  );
});

test("the same link twice is refused, except at a variadic input", () => {
  const workflow = graphOf({
    invert: ["Invert"],
    save: ["SaveImage", { images: "@invert.out" }],
    batch: ["Batch", { images: ["@invert.out"] }],
  });
  const from = { node: "invert", output: "out" };

  expect(canConnect(at(workflow), from, { node: "save", input: "images" })?.code).toBe("linked-already");
  expect(canConnect(at(workflow), from, { node: "batch", input: "images" })).toBeNull();
});

test("ports that are not there are refused", () => {
  expect(canConnect(at(CHAIN), { node: "a", output: "x" }, { node: "b", input: "samples" })?.code).toBe("unknown-port");
  expect(canConnect(at(CHAIN), { node: "a", output: "out" }, { node: "gone", input: "samples" })?.code).toBe(
    "unknown-port",
  );
});

test("checking many ports at once says the same as checking each", () => {
  const situation = at(PICTURE);
  const outputs = [...PICTURE.nodes].flatMap(([node, { type }]) =>
    (REGISTRY.byName.get(type)?.outputs ?? []).map(({ name }) => ({ node, output: name })),
  );
  const inputs = [...PICTURE.nodes].flatMap(([node, { type }]) =>
    (REGISTRY.byName.get(type)?.inputs ?? []).map(({ name }) => ({ node, input: name })),
  );

  for (const from of outputs) {
    const check = fromOutput(situation, from);
    for (const to of inputs) {
      const alone = canConnect(situation, from, to);
      expect(check(to)).toEqual(alone);
      expect(fromInput(situation, to)(from)).toEqual(alone);
    }
  }
});

test("what fits is listed for picking by keyboard", () => {
  expect(fittingInputs(at(PICTURE), { node: "positive", output: "out" })).toEqual([
    { node: "sampler", input: "negative" },
  ]);
  expect(fittingOutputs(at(PICTURE), { node: "decode", input: "vae" })).toEqual([]);
  expect(fittingOutputs(at(PICTURE), { node: "sampler", input: "latent_image" })).toEqual([]);
  expect(fittingOutputs(at(PICTURE), { node: "decode", input: "samples" })).toEqual([
    { node: "latent", output: "out" },
  ]);
});

test("the ports of a subgraph have the types of what they lead to", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, new Set(["sampler", "decode"]), "Sampling");

  expect(canConnect(at(workflow), { node: name, output: "decode" }, { node: "save", input: "images" })?.code).toBe(
    "linked-already",
  );
  expect(canConnect(at(workflow), { node: "latent", output: "out" }, { node: name, input: "model" })?.code).toBe(
    "type-mismatch",
  );
});
