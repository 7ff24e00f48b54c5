import { expect, test } from "vitest";

import { compareWorkflows, changesResult } from "./compare";
import { wires } from "./document/links";
import { PLAIN_NODE, PLAIN_VIEW } from "./document/model";
import { moveNodes } from "./edit/place";
import { removeNodes, setTitle } from "./edit/nodes";
import { setValue } from "./edit/values";
import { portId, portKey, shapeOf, widthOf } from "./geometry";
import { tidy } from "./layout";
import { linkPath } from "./route";
import { categories, fuzzy, searchTypes } from "./search";
import { registryFrom } from "./types/fromWire";
import { labelOf, outputLabel, signatureOf, signatureOfType, signatures } from "./types/signature";
import { graphOf, out, PICTURE, REGISTRY } from "./testing";

const type = (id: string) => REGISTRY.byName.get(id)!;
const shape = (id: string, view = {}) => shapeOf(signatureOfType(type(id)), PLAIN_NODE, { ...PLAIN_VIEW, ...view });

test("heights follow from the anatomy of a node", () => {
  // 32 + (4 + 24 rows) + (6 + 28 fields - 4 + 8, or 6 without fields) + picture
  expect(shape("VAEDecode").height).toBe(32 + (4 + 48) + 6);
  expect(shape("EmptyLatent").height).toBe(32 + (4 + 24) + (6 + 56 - 4 + 8));
  expect(shape("KSampler").height).toBe(32 + (4 + 96) + (6 + 112 - 4 + 8) + 240);
  expect(shape("CLIPEncode").height).toBe(32 + (4 + 24) + (6 + 84 + 8));
});

test("widths are multiples of four within their bounds", () => {
  for (const each of REGISTRY.types) {
    const width = widthOf(signatureOfType(each));
    expect([width % 4, width >= 160, width <= 256]).toEqual([0, true, true]);
  }
  expect([shape("VAEDecode", { width: 10 }).width, shape("VAEDecode", { width: 999 }).width]).toEqual([160, 480]);
});

test("ports lie on the edges in the middle of their rows", () => {
  const { ports, width } = shape("KSampler");
  const places = ports.filter((port) => !port.field).map(({ side, name, x, y }) => [side, name, x, y]);

  expect(places).toEqual([
    ["in", "model", 0, 48],
    ["in", "positive", 0, 72],
    ["in", "negative", 0, 96],
    ["in", "latent_image", 0, 120],
    ["out", "out", width, 48],
  ]);
  expect(ports.filter((port) => port.field).map(({ name, y }) => [name, y])).toEqual([
    ["seed", 150],
    ["steps", 178],
    ["sampler_name", 206],
    ["denoise", 234],
  ]);
});

test("a file's field has no port", () => {
  expect(shape("LoadCheckpoint").ports.map(({ side }) => side)).toEqual(["out", "out", "out"]);
});

test("a collapsed node is its head, its ports in one place on each side", () => {
  const { height, ports } = shape("KSampler", { collapsed: true });

  expect([height, new Set(ports.map(({ y }) => y))]).toEqual([32, new Set([16])]);
});

test("extra height goes to the picture, else to the text", () => {
  expect(shape("SaveImage", { height: 400 }).picture?.height).toBe(400 - shape("SaveImage").height + 240);
  expect(shape("CLIPEncode", { height: 258 })).toMatchObject({ height: 258, fields: [{ height: 84 + 100 }] });
  expect(shape("EmptyLatent", { height: 900 }).height).toBe(shape("EmptyLatent").height);
});

test("a variadic input has a row for each link and a free one", () => {
  const workflow = graphOf({ a: ["Invert"], b: ["Invert"], batch: ["Batch", { images: ["@a.out", "@b.out"] }] });
  const { ports } = shapeOf(signatureOf(workflow, null, "batch", REGISTRY), workflow.nodes.get("batch")!, undefined);

  expect(ports.filter(({ side }) => side === "in").map(({ index, linked }) => [index, linked])).toEqual([
    [0, true],
    [1, true],
    [2, false],
  ]);
});

test("a handle's id holds any name", () => {
  const key = { side: "in" as const, name: "input_blocks/0.", index: 2 };

  expect(portKey(portId(key))).toEqual(key);
});

test("a node of an unknown type is drawn from what stands in the file", () => {
  const workflow = graphOf({
    odd: ["Nobody/Knows", { a: "@x.out", text: "t" }],
    x: ["Pass"],
    reader: ["Pass", { value: "@odd.result" }],
  });
  const signature = signatures(workflow, null, REGISTRY).get("odd")!;

  expect([
    signature.kind,
    signature.inputs.map(({ name, widget }) => [name, widget?.kind]),
    signature.outputs.map(({ name }) => name),
  ]).toEqual([
    "unknown",
    [
      ["a", undefined],
      ["text", "any"],
    ],
    ["result"],
  ]);
});

test("types and ports are called as people read them", () => {
  expect(
    ["EmptyLatent", "KSampler", "VAEDecode", "CLIPEncode", "LatentUpscaleBy", "MaskToImage", "pack/NodeName"].map(
      labelOf,
    ),
  ).toEqual([
    "Empty latent",
    "KSampler",
    "VAE decode",
    "CLIP encode",
    "Latent upscale by",
    "Mask to image",
    "Node name",
  ]);
  expect([
    outputLabel(out("out", "CONTROL_NET"), true),
    outputLabel(out("out", "LATENT"), false),
    outputLabel(out("out", "*"), true),
  ]).toEqual(["control net", "out", "out"]);
});

test("a link to the right is a curve, one to the left goes through the gap above its target", () => {
  // both from the drawn example
  expect(linkPath({ from: { x: 224, y: 144 }, to: { x: 268, y: 120 }, top: 72 })).toBe(
    "M224 144C252 144 240 120 268 120",
  );
  expect(linkPath({ from: { x: 1056, y: 120 }, to: { x: 820, y: 268 }, top: 220 })).toBe(
    "M1056 120H1066Q1076 120 1076 130V198Q1076 208 1066 208H816Q806 208 806 218V258Q806 268 816 268H820",
  );
});

test("tidied nodes stand to the right of what they read, apart from each other, and start where they were", () => {
  const sizes = signatures(PICTURE, null, REGISTRY);
  const boxes = new Map(
    [...PICTURE.nodes].map(([name, node]) => [name, { ...shapeOf(sizes.get(name)!, node, undefined), x: 100, y: 50 }]),
  );
  const places = tidy({ boxes, links: wires(PICTURE).map(({ from, to }) => [from.node, to.node]) });

  for (const { from, to } of wires(PICTURE))
    expect(places.get(to.node)!.x).toBeGreaterThanOrEqual(places.get(from.node)!.x + boxes.get(from.node)!.width + 44);
  const list = [...places].map(([name, at]) => ({ ...boxes.get(name)!, ...at }));
  for (const one of list) {
    for (const other of list) {
      const apart =
        one === other ||
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height + 44 <= other.y ||
        other.y + other.height + 44 <= one.y;
      expect(apart).toBe(true);
    }
  }
  expect([Math.min(...list.map(({ x }) => x)), Math.min(...list.map(({ y }) => y))]).toEqual([100, 50]);
});

const found = (text: string, more = {}) => searchTypes(REGISTRY, { text, ...more }).map((hit) => hit.type.id);

test("the best match comes first", () => {
  expect(found("ks")[0]).toBe("KSampler");
  expect(found("decode")[0]).toBe("VAEDecode");
  expect(found("latent empty")[0]).toBe("EmptyLatent");
  expect(found("save")[0]).toBe("SaveImage");
  expect(found("smplr")).toContain("KSampler");
  expect(found("qqq")).toEqual([]);
  expect(found("")).toHaveLength(REGISTRY.types.length);
});

test("other names find a type and are told", () => {
  expect(searchTypes(REGISTRY, { text: "checkpointloader" })[0]).toMatchObject({
    type: { id: "LoadCheckpoint" },
    also: "CheckpointLoaderSimple",
  });
});

test("a dragged link leaves only what fits, with the port that it would end at", () => {
  expect(
    searchTypes(REGISTRY, { text: "", fit: { from: "CONDITIONING" } }).map(({ type: { id }, port }) => [id, port]),
  ).toEqual([
    ["KSampler", "positive"],
    ["Pass", "value"],
  ]);
  expect(found("", { fit: { to: "VAE" } })).toEqual(["LoadCheckpoint", "Pass"]);
});

test("categories hold those below them", () => {
  expect(categories(REGISTRY)).toContain("latent/size");
  expect(found("", { category: "latent" })).toEqual(["EmptyLatent", "UpscaleLatent", "VAEDecode"]);
});

test("the letters that were found are marked", () => {
  expect(fuzzy("ksa", "KSampler")?.marks).toEqual([0, 1, 2]);
});

test("two workflows differ in what was changed and nothing else", () => {
  const changed = setTitle(setValue(PICTURE, null, { node: "sampler", input: "seed" }, 1n), null, "sampler", "Second");
  const differences = compareWorkflows(PICTURE, moveNodes(changed, null, new Map([["save", { x: 0, y: 0 }]])));

  expect(differences.map(({ kind, path }) => [kind, path])).toEqual([
    ["title", "sampler"],
    ["input", "sampler"],
    ["drawing", ""],
  ]);
  expect(differences.filter(changesResult)).toMatchObject([
    { input: "seed", before: 18446744073709551615n, after: 1n },
  ]);
  expect(compareWorkflows(PICTURE, PICTURE)).toEqual([]);
});

test("removed nodes and their links are differences", () => {
  const kinds = compareWorkflows(PICTURE, removeNodes(PICTURE, null, new Set(["decode"]))).map(
    ({ kind, path }) => `${kind} ${path}`,
  );

  expect(kinds).toEqual(["node-removed decode", "input save", "drawing "]);
});

test("node types come from what the server says", () => {
  const entry = {
    name: "seed",
    type: "INT",
    socket: "INT",
    widget: "seed" as const,
    arity: "one" as const,
    required: false,
    default: 7,
    lazy: false,
    minimum: 0,
    maximum: 2 ** 64,
    step: null,
    options: null,
    folder: null,
    mentions: null,
  };
  const steps = { ...entry, name: "steps", widget: "integer" as const };
  const node = {
    id: "Noise",
    category: "c",
    pack: "p",
    description: "",
    also: ["Old"],
    version: 2,
    revision: 1,
    saves: false,
    inputs: [entry, steps],
    outputs: [{ name: "out", type: "LATENT", list: false }],
  };
  const registry = registryFrom({
    nodes: [node],
    sockets: [{ name: "SUB", feeds: ["SUB", "LATENT"] }],
    packs: [],
    problems: [],
  });

  expect(registry.byName.get("Old")?.inputs).toMatchObject([
    { default: 7n, widget: { kind: "seed" } },
    { widget: { kind: "int", high: 2n ** 64n - 1n } },
  ]);
  expect(registry.bases.get("SUB")).toEqual(["LATENT"]);
});
