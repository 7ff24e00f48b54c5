import { expect, test } from "vitest";

import { linksOf, type Workflow } from "../document/model";
import { dump } from "../document/write";
import { graphOf, PICTURE, REGISTRY } from "../testing";
import { convertNode, literalToNode } from "./convert";
import { addGroup, addNote, addReroute, changeNote, inGroup, removeGroups, reroutesOf } from "./decorate";
import { connect, disconnect, disconnectOutput, insertIntoLink, moveLink } from "./links";
import { addNode, dissolveNodes, removeNodes, renameNode, setTitle, toggleMode } from "./nodes";
import { align, changeViews, distribute, moveNodes, snap, toggleCollapsed, togglePinned } from "./place";
import { concealPort, exposeInput, exposeOutput, movePort, orderPorts, renamePort } from "./ports";
import { nextSeeds, setSeedRule, setValue, valueAt } from "./values";

const node = (workflow: Workflow, name: string) => workflow.nodes.get(name)!;
const fed = (workflow: Workflow, name: string, input: string) =>
  linksOf(node(workflow, name).inputs.get(input)).map((link) => `${link.node}.${link.output}`);

test("a new node is named after its type and lies where it was put", () => {
  const { workflow, name } = addNode(PICTURE, null, { type: "VAEDecode", version: 1, at: { x: 5, y: 6 } });
  const again = addNode(workflow, null, { type: "VAEDecode", version: 1, at: { x: 0, y: 0 } });

  expect([name, again.name]).toEqual(["vae_decode", "vae_decode_2"]);
  expect(workflow.view.get(name)).toMatchObject({ x: 5, y: 6 });
  expect(PICTURE.nodes.has("vae_decode")).toBe(false);
});

test("a removed node takes its links, its place and the names that lead to it along", () => {
  const workflow = removeNodes(PICTURE, null, new Set(["sampler", "save"]));

  expect(fed(workflow, "decode", "samples")).toEqual([]);
  expect([...workflow.inputs.keys(), ...workflow.outputs.keys()]).toEqual(["prompt"]);
  expect(workflow.view.has("sampler")).toBe(false);
});

test("dissolving a node joins what fed it to what read it", () => {
  const chain = graphOf({
    latent: ["EmptyLatent"],
    up: ["UpscaleLatent", { samples: "@latent.out" }],
    decode: ["VAEDecode", { samples: "@up.out" }],
  });

  expect(fed(dissolveNodes(chain, null, new Set(["up"]), REGISTRY), "decode", "samples")).toEqual(["latent.out"]);
});

test("renaming a node renames it in links, names and places", () => {
  const workflow = renameNode(PICTURE, null, "sampler", "7");

  expect(fed(workflow, "decode", "samples")).toEqual(["7.out"]);
  expect(workflow.inputs.get("seed")).toEqual({ node: "7", input: "seed" });
  expect([...workflow.nodes.keys()][4]).toBe("7");
  expect(dump(renameNode(workflow, null, "7", "sampler"))).toBe(dump(PICTURE));
});

test("a taken name is refused", () => {
  expect(renameNode(PICTURE, null, "sampler", "decode")).toBe(PICTURE);
});

test("muting is taken back when all are muted", () => {
  const once = toggleMode(PICTURE, null, ["latent", "sampler"], "mute");
  const part = toggleMode(once, null, ["sampler"], "mute");

  expect(node(toggleMode(part, null, ["latent", "sampler"], "mute"), "sampler").mode).toBe("mute");
  expect(dump(toggleMode(once, null, ["latent", "sampler"], "mute"))).toBe(dump(PICTURE));
  expect(node(toggleMode(once, null, ["sampler"], "bypass"), "sampler").mode).toBe("bypass");
});

test("an empty title brings the type's own back", () => {
  expect(node(setTitle(PICTURE, null, "sampler", " First pass "), "sampler").title).toBe("First pass");
  expect(node(setTitle(PICTURE, null, "sampler", "  "), "sampler").title).toBeNull();
});

test("an input has one link, a variadic one many", () => {
  const workflow = graphOf({
    a: ["Invert"],
    b: ["Invert"],
    save: ["SaveImage", { images: "@a.out" }],
    batch: ["Batch", { images: ["@a.out"] }],
  });
  const from = { node: "b", output: "out" };

  expect(fed(connect(workflow, null, from, { node: "save", input: "images" }), "save", "images")).toEqual(["b.out"]);
  const both = connect(workflow, null, from, { node: "batch", input: "images" }, true);
  expect(fed(both, "batch", "images")).toEqual(["a.out", "b.out"]);
  expect(fed(connect(workflow, null, from, { node: "batch", input: "images" }, true, 0), "batch", "images")).toEqual([
    "b.out",
    "a.out",
  ]);
  expect(fed(disconnect(both, null, { node: "batch", input: "images" }, 0), "batch", "images")).toEqual(["b.out"]);
  expect(node(disconnect(workflow, null, { node: "batch", input: "images" }, 0), "batch").inputs.has("images")).toBe(
    false,
  );
});

test("cutting an output cuts all that read it", () => {
  const workflow = disconnectOutput(PICTURE, null, { node: "checkpoint", output: "clip" });

  expect([
    fed(workflow, "positive", "clip"),
    fed(workflow, "negative", "clip"),
    fed(workflow, "sampler", "model"),
  ]).toEqual([[], [], ["checkpoint.model"]]);
});

test("a link's end moves to another input", () => {
  const workflow = moveLink(
    PICTURE,
    null,
    { node: "positive", output: "out" },
    { node: "sampler", input: "positive" },
    0,
    { node: "sampler", input: "negative" },
    false,
  );

  expect([fed(workflow, "sampler", "positive"), fed(workflow, "sampler", "negative")]).toEqual([[], ["positive.out"]]);
});

test("a node is put into a link", () => {
  const { workflow, name } = addNode(PICTURE, null, { type: "UpscaleLatent", version: 1, at: { x: 0, y: 0 } });
  const put = insertIntoLink(workflow, null, { node: "decode", input: "samples" }, 0, {
    name,
    input: "samples",
    output: "out",
  });

  expect([fed(put, "decode", "samples"), fed(put, name, "samples")]).toEqual([[`${name}.out`], ["sampler.out"]]);
});

test("a value is written, taken back to its default, and read", () => {
  const at = { node: "sampler", input: "steps" };
  const set = setValue(PICTURE, null, at, 30n);

  expect([valueAt(PICTURE, null, at, REGISTRY), valueAt(set, null, at, REGISTRY)]).toEqual([20n, 30n]);
  expect(dump(setValue(set, null, at, undefined))).toBe(dump(PICTURE));
  expect(valueAt(PICTURE, null, { node: "sampler", input: "model" }, REGISTRY)).toBeUndefined();
});

test("seeds follow their rules and wrap around after 2^64 - 1", () => {
  const at = { node: "sampler", input: "seed" };
  const next = (rule: "random" | "increment" | null) =>
    valueAt(
      nextSeeds(setSeedRule(PICTURE, null, at, rule), PICTURE, () => 99n),
      null,
      at,
      REGISTRY,
    );

  expect([next("increment"), next("random"), next(null)]).toEqual([0n, 99n, 18446744073709551615n]);
});

test("pinned nodes do not move", () => {
  const to = new Map([
    ["sampler", { x: 9, y: 9 }],
    ["save", { x: 1, y: 1 }],
  ]);
  const workflow = moveNodes(togglePinned(PICTURE, null, ["sampler"]), null, to);

  expect([workflow.view.get("sampler")?.x, workflow.view.get("save")?.x]).toEqual([1200, 1]);
});

test("collapsing and colouring change only how a node is drawn", () => {
  const workflow = changeViews(toggleCollapsed(PICTURE, null, ["save"]), null, ["save"], { color: "#aabbcc" });

  expect(workflow.view.get("save")).toMatchObject({ collapsed: true, color: "#aabbcc", x: 1800 });
  expect(workflow.nodes).toBe(PICTURE.nodes);
});

const BOXES = new Map([
  ["a", { x: 0, y: 0, width: 10, height: 10 }],
  ["b", { x: 50, y: 30, width: 20, height: 10 }],
  ["c", { x: 100, y: 100, width: 30, height: 40 }],
]);

test("boxes line up and spread out", () => {
  expect([...align(BOXES, "right").values()].map(({ x }) => x)).toEqual([120, 110, 100]);
  expect([...align(BOXES, "middle").values()].map(({ y }) => y)).toEqual([65, 65, 50]);
  expect([...distribute(BOXES, "x").values()].map(({ x }) => x)).toEqual([0, 45, 100]);
  expect([...snap(new Map([["a", { x: -11, y: 13 }]]), 24).values()]).toEqual([{ x: 0, y: 24 }]);
});

test("a group is drawn around nodes, holds them, and leaves them when it goes", () => {
  const { workflow, name } = addGroup(PICTURE, null, "Base", [BOXES.get("a")!, BOXES.get("b")!]);

  expect([...inGroup(workflow.groups.get(name)!, BOXES)]).toEqual(["a", "b"]);
  expect(dump(removeGroups(workflow, null, [name]))).toBe(dump(PICTURE));
});

test("a note keeps its text", () => {
  const { workflow, name } = addNote(PICTURE, null, "Hello", { x: 0, y: 0, width: 200, height: 100 });

  expect(changeNote(workflow, null, name, { text: "Bye" }).notes.get(name)?.text).toBe("Bye");
});

test("a reroute goes with its link", () => {
  const [from, to] = [
    { node: "sampler", output: "out" },
    { node: "decode", input: "samples" },
  ];
  const { workflow } = addReroute(PICTURE, null, from, [to], { x: 5, y: 5 });

  expect(reroutesOf(workflow, from, to)).toHaveLength(1);
  expect(disconnect(workflow, null, to).reroutes.size).toBe(0);
  expect(removeNodes(workflow, null, new Set(["sampler"])).reroutes.size).toBe(0);
  expect(renameNode(workflow, null, "decode", "d").reroutes.get("reroute")?.to).toEqual([
    { node: "d", input: "samples" },
  ]);
});

test("inputs and outputs get names, once each, in an order that can be chosen", () => {
  const twice = exposeInput(exposeInput(PICTURE, null, { node: "negative", input: "text" }), null, {
    node: "negative",
    input: "text",
  });
  const named = exposeOutput(twice, null, { node: "decode", output: "out" });

  expect([...named.inputs.keys(), ...named.outputs.keys()]).toEqual(["prompt", "seed", "text", "images", "decode"]);
  expect([...orderPorts(named, null, "inputs", ["text", "seed"]).inputs.keys()]).toEqual(["text", "seed", "prompt"]);
  expect([...movePort(named, null, "inputs", "seed", -1).inputs.keys()]).toEqual(["seed", "prompt", "text"]);
  expect(movePort(named, null, "inputs", "prompt", -1)).toBe(named);
  expect([...renamePort(named, null, "inputs", "text", "negative").inputs.keys()]).toEqual([
    "prompt",
    "seed",
    "negative",
  ]);
  expect(dump(concealPort(concealPort(named, null, "inputs", "text"), null, "outputs", "decode"))).toBe(dump(PICTURE));
});

test("converting a node keeps what the new type takes and tells what it does not", () => {
  const workflow = graphOf({
    latent: ["EmptyLatent"],
    up: ["UpscaleLatent", { samples: "@latent.out", scale_by: 0.5 }],
    decode: ["VAEDecode", { samples: "@up.out" }],
  });
  const pass = convertNode(workflow, null, "up", REGISTRY.byName.get("Pass")!, REGISTRY);

  expect([fed(pass.workflow, "up", "value"), pass.lostInputs, pass.lostOutputs]).toEqual([
    ["latent.out"],
    ["scale_by"],
    [],
  ]);
  const save = convertNode(workflow, null, "up", REGISTRY.byName.get("SaveImage")!, REGISTRY);
  expect([save.lostInputs, save.lostOutputs]).toEqual([["samples", "scale_by"], ["out"]]);
});

test("a literal becomes a node that others can share", () => {
  const added = literalToNode(PICTURE, null, { node: "latent", input: "width" }, 64n, "INT", REGISTRY, { x: 0, y: 0 })!;

  expect([fed(added.workflow, "latent", "width"), node(added.workflow, "number").inputs.get("value")]).toEqual([
    ["number.out"],
    64n,
  ]);
});
