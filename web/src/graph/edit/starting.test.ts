import { expect, test } from "vitest";

import type { InputType, NodeType } from "../types/nodeType";
import { startingInputs } from "./starting";

const INPUT: InputType = {
  name: "text",
  type: "STRING",
  arity: "one",
  required: true,
  default: undefined,
  lazy: false,
  widget: { kind: "text", multiline: true, mentions: null },
  linkable: true,
};

function typeWith(...inputs: InputType[]): NodeType {
  return { id: "Toy", category: "", description: "", version: 1, also: [], saves: false, inputs, outputs: [] };
}

test("a text that must be given begins empty, and a choice with its first option", () => {
  const choice: InputType = { ...INPUT, name: "method", widget: { kind: "choice", options: ["nearest", "area"] } };

  expect([...startingInputs(typeWith(INPUT, choice))]).toEqual([
    ["text", ""],
    ["method", "nearest"],
  ]);
});

test("what has a default, may be left out, is a link, a file or several values is left as it is", () => {
  const file: InputType = { ...INPUT, widget: { kind: "file", folder: "checkpoints", suffixes: [] } };
  const left = [
    { ...INPUT, default: "a house" },
    { ...INPUT, required: false },
    { ...INPUT, widget: null },
    { ...INPUT, arity: "values" as const },
    file,
  ];

  expect(left.map((each) => startingInputs(typeWith(each)).size)).toEqual([0, 0, 0, 0, 0]);
});

test("sides begin at the size that the model makes, where it is allowed and no 0 stands for another", () => {
  const side = { ...INPUT, type: "INT", widget: { kind: "int", low: 16n, high: 4096n, step: 8n } as const };
  const width = { ...side, name: "width", default: 512n };
  const type = typeWith(width, { ...side, name: "height", default: 0n }, { ...side, name: "batch_size", default: 1n });

  expect([...startingInputs(type, 64n)]).toEqual([["width", 64n]]);
  expect([type, typeWith(width)].map((each) => startingInputs(each).size)).toEqual([0, 0]);
  expect([512n, 8n, 8192n].map((native) => startingInputs(type, native).size)).toEqual([0, 0, 0]);
});
