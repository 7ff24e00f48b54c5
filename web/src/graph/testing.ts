/** Toy node types and random workflows for the tests of these rules. Never imported by what ships. */

import fc from "fast-check";

import {
  EMPTY_WORKFLOW,
  PLAIN_NODE,
  PLAIN_VIEW,
  type Graph,
  type Literal,
  type Node,
  type Value,
  type View,
  type Workflow,
} from "./document/model";
import { readWorkflow } from "./document/read";
import { makeRegistry, type InputType, type NodeType, type OutputType, type Widget } from "./types/nodeType";

export function port(name: string, type: string, more: Partial<InputType> = {}): InputType {
  return {
    name,
    type,
    arity: "one",
    required: true,
    default: undefined,
    lazy: false,
    widget: null,
    linkable: true,
    ...more,
  };
}

export function field(name: string, type: string, widget: Widget, value?: Literal): InputType {
  return port(name, type, { widget, default: value, required: value === undefined });
}

export function out(name: string, type: string): OutputType {
  return { name, type, list: false };
}

export function kind(
  id: string,
  inputs: readonly InputType[],
  outputs: readonly OutputType[],
  more: Partial<NodeType> = {},
): NodeType {
  return {
    id,
    category: "toys",
    description: `A ${id}.`,
    version: 1,
    also: [],
    saves: false,
    inputs,
    outputs,
    ...more,
  };
}

const INT: Widget = { kind: "int", low: 1n, high: 100n, step: 1n };
const FLOAT: Widget = { kind: "float", low: 0, high: 1, step: 0.01 };

export const REGISTRY = makeRegistry(
  [
    kind(
      "LoadCheckpoint",
      [field("ckpt_name", "STRING", { kind: "file", folder: "checkpoints", suffixes: [".safetensors"] })].map(
        (each) => ({ ...each, linkable: false }),
      ),
      [out("model", "MODEL"), out("clip", "CLIP"), out("vae", "VAE")],
      { category: "loaders", also: ["CheckpointLoaderSimple"] },
    ),
    kind(
      "CLIPEncode",
      [port("clip", "CLIP"), field("text", "STRING", { kind: "text", multiline: true, mentions: null }, "")],
      [out("out", "CONDITIONING")],
      { category: "conditioning" },
    ),
    kind("EmptyLatent", [field("width", "INT", INT, 64n), field("height", "INT", INT, 64n)], [out("out", "LATENT")], {
      category: "latent",
    }),
    kind(
      "KSampler",
      [
        port("model", "MODEL"),
        field("seed", "INT", { kind: "seed" }, 0n),
        field("steps", "INT", INT, 20n),
        field("sampler_name", "STRING", { kind: "choice", options: ["euler", "heun"] }, "euler"),
        port("positive", "CONDITIONING"),
        port("negative", "CONDITIONING"),
        port("latent_image", "LATENT"),
        field("denoise", "FLOAT", FLOAT, 1),
      ],
      [out("out", "LATENT")],
      { category: "sampling" },
    ),
    kind("UpscaleLatent", [port("samples", "LATENT"), field("scale_by", "FLOAT", FLOAT, 1)], [out("out", "LATENT")], {
      category: "latent/size",
    }),
    kind("VAEDecode", [port("samples", "LATENT"), port("vae", "VAE")], [out("out", "IMAGE")], { category: "latent" }),
    kind(
      "SaveImage",
      [
        port("images", "IMAGE"),
        field("filename_prefix", "STRING", { kind: "text", multiline: false, mentions: null }, "image"),
      ],
      [out("images", "ARTIFACT")],
      { category: "image", saves: true },
    ),
    kind("Batch", [port("images", "IMAGE", { arity: "many" })], [out("out", "IMAGE")], { category: "image" }),
    kind("Number", [field("value", "INT", INT, 1n)], [out("out", "INT")], { category: "primitives" }),
    kind("Pass", [port("value", "*")], [out("out", "*")], { category: "logic" }),
    kind("Invert", [port("image", "IMAGE")], [out("out", "INVERTED")], { category: "image" }),
  ],
  new Map([["INVERTED", ["IMAGE"]]]),
);

/** Read a workflow from a short notation: nodes by name as [type, inputs]; a text such as "@a.out" is a link. */
export function graphOf(
  nodes: Readonly<Record<string, readonly [string, Readonly<Record<string, unknown>>?]>>,
  more: Partial<Workflow> = {},
): Workflow {
  const made = Object.entries(nodes).map(([name, [type, inputs = {}]]): [string, Node] => [
    name,
    {
      ...PLAIN_NODE,
      type,
      version: 1,
      inputs: new Map(Object.entries(inputs).map(([input, value]) => [input, valueOf(value)])),
    },
  ]);
  const view = made.map(([name], index): [string, View] => [name, { ...PLAIN_VIEW, x: index * 300, y: 0 }]);
  return { ...EMPTY_WORKFLOW, nodes: new Map(made), view: new Map(view), ...more };
}

function valueOf(value: unknown): Value {
  if (Array.isArray(value)) return value.map(valueOf) as Value;
  if (typeof value !== "string" || !value.startsWith("@")) return value as Literal;
  const [node = "", output = ""] = value.slice(1).split(".");
  return { node, output };
}

/** The text-to-image graph that most tests begin with. */
export const PICTURE = graphOf(
  {
    checkpoint: ["LoadCheckpoint", { ckpt_name: "tiny" }],
    positive: ["CLIPEncode", { clip: "@checkpoint.clip", text: "a red house" }],
    negative: ["CLIPEncode", { clip: "@checkpoint.clip", text: "" }],
    latent: ["EmptyLatent", { width: 64n, height: 64n }],
    sampler: [
      "KSampler",
      {
        model: "@checkpoint.model",
        seed: 18446744073709551615n,
        positive: "@positive.out",
        negative: "@negative.out",
        latent_image: "@latent.out",
        denoise: 1,
      },
    ],
    decode: ["VAEDecode", { samples: "@sampler.out", vae: "@checkpoint.vae" }],
    save: ["SaveImage", { images: "@decode.out", filename_prefix: "house" }],
  },
  {
    inputs: new Map([
      ["prompt", { node: "positive", input: "text" }],
      ["seed", { node: "sampler", input: "seed" }],
    ]),
    outputs: new Map([["images", { node: "save", output: "images" }]]),
  },
);

export function read(text: string): Workflow {
  const reading = readWorkflow(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.workflow;
}

const names = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .filter((name) => !/[/=\p{Cc}]/u.test(name) && name.isWellFormed());
const scalar = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const link = fc.record({ node: names, output: names });
const value: fc.Arbitrary<Value> = fc.oneof(
  scalar,
  link,
  fc.array(link, { minLength: 1 }),
  fc.array(scalar),
  fc.constant(null),
  fc.array(fc.tuple(names, scalar)).map((pairs) => new Map(pairs)),
);
const mapOf = <T>(each: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(names, each), { maxLength: 5 }).map((pairs): ReadonlyMap<string, T> => new Map(pairs));
const none = fc.constant<null>(null);
const place = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const written = fc.constant<ReadonlyMap<string, string>>(new Map());
const color = fc.oneof(none, fc.constant("#a1B2c3"));
const box = { x: place, y: place, width: place, height: place, color, written };

const graph: fc.Arbitrary<Graph> = fc.record({
  inputs: mapOf(fc.record({ node: names, input: names })),
  outputs: mapOf(link),
  nodes: mapOf(
    fc.record({
      type: names,
      version: fc.oneof(none, fc.integer({ min: 1, max: 9 })),
      title: fc.oneof(none, names),
      mode: fc.constantFrom(null, "mute" as const, "bypass" as const),
      inputs: mapOf(value),
    }),
  ),
  view: mapOf(
    fc.record({
      x: place,
      y: place,
      width: fc.oneof(none, place),
      height: fc.oneof(none, place),
      collapsed: fc.boolean(),
      color,
      pinned: fc.boolean(),
      seeds: mapOf(fc.constantFrom("random" as const, "increment" as const)),
      written,
    }),
  ),
  groups: mapOf(fc.record({ title: names, ...box })),
  notes: mapOf(fc.record({ text: names, ...box })),
  reroutes: mapOf(
    fc.record({ x: place, y: place, from: link, to: fc.array(fc.record({ node: names, input: names })), written }),
  ),
});

/** Any workflow that a file can hold. */
export const workflows: fc.Arbitrary<Workflow> = fc
  .tuple(graph, fc.oneof(none, names), fc.oneof(none, names), mapOf(graph))
  .map(([root, name, description, subgraphs]) => ({ ...root, name, description, subgraphs }));
