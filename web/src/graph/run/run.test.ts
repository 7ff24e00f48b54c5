import { expect, test } from "vitest";

import { toggleMode } from "../edit/nodes";
import { makeSubgraph } from "../edit/subgraphs";
import { nextSeeds, setSeedRule, setValue } from "../edit/values";
import { connect } from "../edit/links";
import { PICTURE, REGISTRY } from "../testing";
import { runPaths, targetsOf } from "./paths";
import { whyRan } from "./why";

const at = (node: string, input: string) => ({ node, input });
const nested = makeSubgraph(PICTURE, null, new Set(["positive", "sampler"]), "Inner").workflow;

test("a changed text is the reason of its node, and the node the reason of what reads it", () => {
  const why = whyRan(PICTURE, setValue(PICTURE, null, at("positive", "text"), "a blue house"), REGISTRY);

  expect(why("positive")).toEqual({ kind: "inputs", inputs: ["text"] });
  expect(why("sampler")).toEqual({ kind: "upstream", nodes: ["positive"] });
  expect(why("decode")).toEqual({ kind: "upstream", nodes: ["positive"] });
});

test("what did not change ran since it saves, or since its result was not kept", () => {
  const why = whyRan(PICTURE, PICTURE, REGISTRY);

  expect([why("save"), why("sampler")]).toEqual([{ kind: "saves" }, { kind: "again" }]);
  expect(whyRan(null, PICTURE, REGISTRY)("sampler")).toEqual({ kind: "first" });
});

test("a link from elsewhere and a muted node are changes too", () => {
  const link = { node: "negative", output: "out" };
  const crossed = whyRan(PICTURE, connect(PICTURE, null, link, at("sampler", "positive")), REGISTRY);
  const muted = whyRan(PICTURE, toggleMode(PICTURE, null, ["latent"], "bypass"), REGISTRY);

  expect(crossed("sampler")).toEqual({ kind: "inputs", inputs: ["positive"] });
  expect(muted("sampler")).toEqual({ kind: "upstream", nodes: ["latent"] });
});

test("reasons are found through the walls of subgraphs", () => {
  const inner = setValue(nested, "Inner", at("positive", "text"), "a blue house");
  const outer = setValue(nested, null, at("latent", "width"), 32n);

  expect(whyRan(nested, inner, REGISTRY)("inner/sampler")).toEqual({ kind: "upstream", nodes: ["inner/positive"] });
  expect(whyRan(nested, inner, REGISTRY)("decode")).toEqual({ kind: "upstream", nodes: ["inner/positive"] });
  expect(whyRan(nested, outer, REGISTRY)("inner/sampler")).toEqual({ kind: "upstream", nodes: ["latent"] });
});

test("an input of an instance counts at the node inside that it leads to", () => {
  const port = [...(nested.subgraphs.get("Inner")?.inputs ?? [])].find(([, ref]) => ref.input === "text");
  const named = port?.[0] ?? "prompt";
  const changed = setValue(nested, null, at("inner", named), "a blue house");

  expect(port).toBeDefined();
  expect(whyRan(nested, changed, REGISTRY)("inner/positive")).toEqual({ kind: "inputs", inputs: ["text"] });
});

test("a run wants what its targets depend on and nothing else", () => {
  const all = [...runPaths(PICTURE, REGISTRY, null)].toSorted();

  expect(all).toEqual(["checkpoint", "decode", "latent", "negative", "positive", "sampler", "save"]);
  expect([...runPaths(PICTURE, REGISTRY, ["positive"])].toSorted()).toEqual(["checkpoint", "positive"]);
  expect(runPaths(PICTURE, REGISTRY, ["images"]).size).toBe(7);
});

test("nodes inside subgraphs have paths; bypassed ones are passed through", () => {
  const bypassed = toggleMode(nested, null, ["decode"], "bypass");

  expect(runPaths(nested, REGISTRY, null).has("inner/sampler")).toBe(true);
  expect([...runPaths(nested, REGISTRY, ["inner"])]).toContain("inner/positive");
  expect(runPaths(bypassed, REGISTRY, null).has("decode")).toBe(false);
  expect(runPaths(bypassed, REGISTRY, null).has("inner/sampler")).toBe(true);
});

test("what is muted is no target", () => {
  const muted = toggleMode(PICTURE, null, ["save"], "mute");

  expect(targetsOf(muted, [], ["save", "decode"])).toEqual(["decode"]);
  expect(targetsOf(nested, ["inner"], ["sampler"])).toEqual(["inner/sampler"]);
});

test("a seed counts on once it was used, also over the end of 64 bits", () => {
  const counting = setSeedRule(PICTURE, null, at("sampler", "seed"), "increment");
  const seed = (workflow: typeof PICTURE) => workflow.nodes.get("sampler")?.inputs.get("seed");
  const first = nextSeeds(counting, null, () => 7n);
  const second = nextSeeds(first, first, () => 7n);
  const typed = setValue(second, null, at("sampler", "seed"), 42n);

  expect(first).toBe(counting);
  expect([seed(second), seed(nextSeeds(second, second, () => 7n))]).toEqual([0n, 1n]);
  expect(seed(nextSeeds(typed, second, () => 7n))).toBe(42n);
});
