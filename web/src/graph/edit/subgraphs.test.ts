import { expect, test } from "vitest";

import { instancesOf, resolve, scopeAt, contains } from "../document/graphs";
import { linksOf, type Workflow } from "../document/model";
import { dump } from "../document/write";
import { signatureOf } from "../types/signature";
import { graphOf, PICTURE, read, REGISTRY } from "../testing";
import { copy, duplicate, fromClipboard, NOTHING_SELECTED, paste, toClipboard } from "./clipboard";
import { concealPort, renamePort } from "./ports";
import {
  addInstance,
  canMakeSubgraph,
  insertWorkflow,
  makeSubgraph,
  publishSubgraph,
  renameSubgraph,
  unpackSubgraph,
} from "./subgraphs";
import { removeNodes, toggleMode } from "./nodes";
import { setValue } from "./values";

const CORE = new Set(["positive", "sampler", "decode"]);
const select = (...nodes: string[]) => ({ ...NOTHING_SELECTED, nodes: new Set(nodes) });
const fed = (workflow: Workflow, name: string, input: string) =>
  linksOf(workflow.nodes.get(name)?.inputs.get(input)).map((link) => `${link.node}.${link.output}`);

/** What is computed, whatever nodes are called: each node's type and inputs, followed back from the outputs. */
function meaning(workflow: Workflow, node: string): unknown {
  const { type, inputs } = workflow.nodes.get(node)!;
  const values = [...inputs].map(([input, value]) => [
    input,
    linksOf(value).length > 0
      ? linksOf(value).map((link) => [link.output, meaning(workflow, link.node)])
      : JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)),
  ]);
  return [type, values.toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1))];
}

test("a subgraph has an input for each that was fed from outside, and an output for each that was read", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core pass");
  const made = workflow.subgraphs.get("Core pass")!;

  expect(name).toBe("core_pass");
  expect([...made.inputs.keys()]).toEqual(["clip", "model", "negative", "latent_image", "vae", "text", "seed"]);
  expect([...made.outputs]).toEqual([["decode", { node: "decode", output: "out" }]]);
  expect(fed(workflow, "save", "images")).toEqual(["core_pass.decode"]);
  expect([...workflow.inputs]).toEqual([
    ["prompt", { node: "core_pass", input: "text" }],
    ["seed", { node: "core_pass", input: "seed" }],
  ]);
  expect(read(dump(workflow))).toBeDefined();
});

test("its ports are typed and keep the values inside as their defaults", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");
  const signature = signatureOf(workflow, null, name, REGISTRY);

  expect(signature.inputs.map((each) => `${each.name} ${each.type}`)).toContain("vae VAE");
  expect(signature.inputs.find((each) => each.name === "seed")).toMatchObject({
    default: 18446744073709551615n,
    widget: { kind: "seed" },
  });
  expect(signature.outputs).toEqual([{ name: "decode", type: "IMAGE", list: false }]);
});

test("unpacking gives back what was there", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");
  const back = unpackSubgraph(workflow, null, name).workflow;

  expect(meaning(back, "save")).toEqual(meaning(PICTURE, "save"));
  expect(new Set(back.nodes.keys())).toEqual(new Set(PICTURE.nodes.keys()));
  expect([...back.inputs]).toEqual([...PICTURE.inputs]);
  expect(back.subgraphs.size).toBe(0);
});

test("unpacking one of two instances leaves the other, with free names and the values that it was given", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, new Set(["sampler"]), "Pass");
  const two = duplicate(workflow, null, select(name), { x: 0, y: 300 }).workflow;
  const { workflow: unpacked, names } = unpackSubgraph(
    setValue(two, null, { node: "pass_2", input: "seed" }, 7n),
    null,
    "pass_2",
  );

  expect([...names]).toEqual(["sampler"]);
  expect(unpacked.nodes.get("sampler")?.inputs.get("seed")).toBe(7n);
  expect(unpacked.subgraphs.has("Pass")).toBe(true);
});

test("a muted subgraph unpacks to muted nodes", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, new Set(["sampler"]), "Pass");
  const muted = toggleMode(workflow, null, [name], "mute");

  expect(unpackSubgraph(muted, null, name).workflow.nodes.get("sampler")?.mode).toBe("mute");
});

test("what would come back into itself, or mix links at one input, is refused", () => {
  const mixed = graphOf({ a: ["Invert"], b: ["Invert"], batch: ["Batch", { images: ["@a.out", "@b.out"] }] });

  expect(canMakeSubgraph(PICTURE, null, new Set(["checkpoint", "sampler"]))).toMatchObject({
    code: "cycle",
    at: { node: "sampler" },
  });
  expect(canMakeSubgraph(mixed, null, new Set(["a", "batch"]))).toEqual({
    code: "mixed-input",
    at: { node: "batch", input: "images" },
  });
  expect(canMakeSubgraph(PICTURE, null, CORE)).toBeNull();
});

test("renaming or hiding a port reaches all instances, through all levels", () => {
  const inner = makeSubgraph(PICTURE, null, new Set(["sampler"]), "Inner");
  const outer = makeSubgraph(inner.workflow, null, new Set([inner.name, "decode"]), "Outer");
  const named = renamePort(outer.workflow, "Inner", "inputs", "latent_image", "start");
  const hidden = concealPort(named, "Inner", "inputs", "start");

  expect(named.subgraphs.get("Outer")?.inputs.get("latent_image")).toEqual({ node: "inner", input: "start" });
  expect(hidden.subgraphs.get("Outer")?.inputs.has("latent_image")).toBe(false);
  expect(hidden.nodes.get(outer.name)?.inputs.has("latent_image")).toBe(false);
});

test("removing a node inside takes the ports that led to it from the instances", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");
  const cut = removeNodes(workflow, "Core", new Set(["decode"]));

  expect(fed(cut, "save", "images")).toEqual([]);
  expect(cut.nodes.get(name)?.inputs.has("vae")).toBe(false);
});

test("removing the last instance removes the subgraph, one that nothing ever used stays", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");
  const spare = {
    ...workflow,
    subgraphs: new Map([...workflow.subgraphs, ["Spare", workflow.subgraphs.get("Core")!]]),
  };

  expect([...removeNodes(spare, null, new Set([name])).subgraphs.keys()]).toEqual(["Spare"]);
});

test("a published subgraph is a workflow that can be put back as a node", () => {
  const { workflow } = makeSubgraph(PICTURE, null, CORE, "Core");
  const published = publishSubgraph(workflow, "Core", "Core of a picture");
  const put = insertWorkflow(PICTURE, null, read(dump(published)), "", { x: 0, y: 0 })!;

  expect(published.subgraphs.size).toBe(0);
  expect([...put.workflow.subgraphs.keys()]).toEqual(["Core of a picture"]);
  expect(signatureOf(put.workflow, null, put.name, REGISTRY).outputs[0]?.type).toBe("IMAGE");
});

test("a subgraph cannot be put into itself", () => {
  const { workflow } = makeSubgraph(PICTURE, null, CORE, "Core");

  expect([contains(workflow, "Core", "Core"), contains(workflow, "Core", null)]).toEqual([true, false]);
  const clip = copy(workflow, null, select("core"));
  expect(paste(workflow, "Core", clip, { x: 0, y: 0 }, false).workflow.subgraphs.get("Core")?.nodes.size).toBe(3);
});

test("inner nodes are found by path, and instances by their subgraph", () => {
  const inner = makeSubgraph(PICTURE, null, new Set(["sampler"]), "Inner");
  const outer = makeSubgraph(inner.workflow, null, new Set([inner.name]), "Outer").workflow;
  const twice = addInstance(outer, null, "Outer", { x: 0, y: 0 }).workflow;

  expect(resolve(twice, "outer/inner/sampler")).toMatchObject({
    scope: "Inner",
    name: "sampler",
    node: { type: "KSampler" },
  });
  expect([resolve(twice, "outer/gone"), resolve(twice, "save/x"), scopeAt(twice, ["outer", "inner"])]).toEqual([
    null,
    null,
    "Inner",
  ]);
  expect(instancesOf(twice, "Inner")).toEqual(["outer/inner", "outer_2/inner"]);
});

test("a renamed subgraph is renamed at its instances", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");

  expect(renameSubgraph(workflow, "Core", "Heart").nodes.get(name)?.type).toBe("subgraph:Heart");
});

test("a copy travels as text, with or without its links", () => {
  const clip = fromClipboard(toClipboard(copy(PICTURE, null, select("sampler", "decode"))))!;
  const bare = paste(PICTURE, null, clip, { x: 10, y: 20 }, false);
  const linked = paste(PICTURE, null, clip, { x: 10, y: 20 }, true);

  expect([...bare.selection.nodes]).toEqual(["sampler_2", "decode_2"]);
  expect([fed(bare.workflow, "decode_2", "samples"), fed(bare.workflow, "sampler_2", "model")]).toEqual([
    ["sampler_2.out"],
    [],
  ]);
  expect(fed(linked.workflow, "sampler_2", "model")).toEqual(["checkpoint.model"]);
  expect(bare.workflow.view.get("sampler_2")).toMatchObject({ x: 1210, y: 20 });
  expect(bare.workflow.nodes.get("sampler_2")?.inputs.get("seed")).toBe(18446744073709551615n);
});

test("text that is no workflow is not pasted", () => {
  expect([fromClipboard("a red house"), fromClipboard("{}"), fromClipboard("{broken")]).toEqual([null, null, null]);
});

test("a pasted subgraph shares an equal definition and renames another of its name", () => {
  const { workflow, name } = makeSubgraph(PICTURE, null, CORE, "Core");
  const clip = copy(workflow, null, select(name));
  const other = setValue(workflow, "Core", { node: "sampler", input: "steps" }, 3n);

  expect([...paste(workflow, null, clip, { x: 0, y: 0 }, false).workflow.subgraphs.keys()]).toEqual(["Core"]);
  const both = paste(other, null, clip, { x: 0, y: 0 }, false);
  expect([...both.workflow.subgraphs.keys()]).toEqual(["Core", "Core_2"]);
  expect(both.workflow.nodes.get("core_2")?.type).toBe("subgraph:Core_2");
});
