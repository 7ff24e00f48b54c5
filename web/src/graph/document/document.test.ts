import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { workflows } from "../testing";
import { nameFor, freeName, isName } from "./names";
import { readWorkflow } from "./read";
import { dump } from "./write";

const FOLDER = fileURLToPath(new URL("../../../../workflows/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

function written(text: string): string {
  const reading = readWorkflow(text);
  if (!reading.ok) throw new Error(reading.problems.map((each) => each.message).join("\n"));
  return dump(reading.workflow);
}

function problems(text: string): string[] {
  const reading = readWorkflow(text);
  return reading.ok ? [] : reading.problems.map((each) => each.code);
}

describe("files", () => {
  test.each(FILES)("%s is written as the command line wrote it", (name) => {
    const text = readFileSync(FOLDER + name, "utf-8");

    expect(written(text)).toBe(text);
  });

  test("there are files to look at", () => {
    expect(FILES.length).toBeGreaterThan(20);
  });

  test("places, decorations and odd literals are written as they stood", () => {
    const text = `{
  "format": "graphflow/1",
  "name": "Odd",
  "inputs": {
    "seed": {"node": "7", "input": "seed"}
  },
  "nodes": {
    "7": {
      "type": "pack/Sampler",
      "version": 3,
      "title": "A \\"title\\"",
      "mode": "bypass",
      "inputs": {
        "seed": 18446744073709551615,
        "cfg": 3.0,
        "tiny": 1e-05,
        "none": {"value": null},
        "curve": {"value": [[0.0, 0], [1.0, 1]]},
        "empty": [],
        "images": [{"node": "1", "output": "out"}, {"node": "1", "output": "out"}]
      }
    },
    "1": {
      "type": "subgraph:inner"
    }
  },
  "subgraphs": {
    "inner": {
      "outputs": {
        "out": {"node": "a", "output": "out"}
      },
      "nodes": {
        "a": {
          "type": "Empty"
        }
      },
      "view": {
        "a": {"x": 0, "y": 0}
      }
    }
  },
  "view": {
    "7": {"x": 0.0, "y": -12.5, "width": 240, "collapsed": true, "color": "#aabbcc", "pinned": true, "seeds": {"seed": "random"}},
    "1": {"x": -0.0, "y": 123456789012345678}
  },
  "groups": {
    "g": {"title": "Base", "x": 0, "y": 0, "width": 10.5, "height": 20, "color": "#112233"}
  },
  "notes": {
    "n": {"text": "Zeile\\nzwei ü", "x": 0, "y": 0, "width": 100, "height": 50}
  },
  "reroutes": {
    "r": {"x": 5, "y": 6, "from": {"node": "1", "output": "out"}, "to": [{"node": "7", "input": "images"}]}
  }
}
`;

    expect(written(text)).toBe(text);
  });

  test("any workflow is read back as it was written", () => {
    fc.assert(
      fc.property(workflows, (workflow) => {
        const reading = readWorkflow(dump(workflow));
        expect(reading.ok && dump(reading.workflow)).toBe(dump(workflow));
      }),
    );
  });
});

test.each([
  ['{"format": "graphflow/0", "nodes": {}}', ["format"]],
  ['{"format": "graphflow/1"}', ["missing-key"]],
  ['{"format": "graphflow/1", "nodes": {"a/b": {"type": "X"}}}', ["bad-name"]],
  ['{"format": "graphflow/1", "nodes": {"a": {"type": "X", "titel": ""}}}', ["unknown-key"]],
  ['{"format": "graphflow/1", "nodes": {"a": {"type": "X", "inputs": {"v": null}}}}', ["wrong-type"]],
  [
    '{"format": "graphflow/1", "nodes": {"a": {"type": "X", "inputs": {"v": [1, {"node": "b", "output": "o"}]}}}}',
    ["mixed-list"],
  ],
  ['{"format": "graphflow/1", "nodes": {"a": {"type": "X", "inputs": {"v": {"node": "b"}}}}}', ["bad-link"]],
  ['{"format": "graphflow/1", "nodes": {"a": {"type": "X", "version": 0}, "b": {}}}', ["wrong-type", "missing-key"]],
  ['{"format": "graphflow/1", "nodes": {}, "view": {"a": {"x": "1", "y": 2}}}', ["wrong-type"]],
  ["[]", ["wrong-type"]],
  ["{", ["not-json"]],
])("%s is refused", (text, codes) => {
  expect(problems(text)).toEqual(codes);
});

test("a problem names its node and input", () => {
  const reading = readWorkflow('{"format": "graphflow/1", "nodes": {"a": {"type": "X", "inputs": {"v": null}}}}');

  expect(reading.ok ? [] : reading.problems).toMatchObject([{ node: "a", input: "v" }]);
});

test("names follow types", () => {
  const names = [
    "KSampler",
    "VAEDecode",
    "CLIPEncode",
    "SaveImage",
    "LatentUpscaleBy",
    "subgraph:Face fix",
    "pack/Node",
  ];

  expect(names.map(nameFor)).toEqual([
    "ksampler",
    "vae_decode",
    "clip_encode",
    "save_image",
    "latent_upscale_by",
    "face_fix",
    "node",
  ]);
});

test("a taken name gets a number", () => {
  expect(freeName("a", new Set(["a", "a_2"]))).toBe("a_3");
  expect(freeName("a_2", new Set(["a", "a_2"]))).toBe("a_3");
});

test("names keep to the format's rules", () => {
  expect([
    isName("a/b", "node"),
    isName("a=b", "interface"),
    isName("", "node"),
    isName("x".repeat(201), "node"),
  ]).toEqual([false, false, false, false]);
  expect([isName("input_blocks.0.", "port"), isName("ein Name", "node"), isName("😀".repeat(200), "node")]).toEqual([
    true,
    true,
    true,
  ]);
});
