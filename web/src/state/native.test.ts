import { beforeEach, expect, test } from "vitest";

import { PICTURE, REGISTRY } from "../graph/testing";
import type { ModelEntry, NodeCheck } from "../wire/schema.gen";
import { openDocument, useDocuments } from "./documents";
import { useModels } from "./models";
import { knowModels, nativeSize } from "./native";
import { setProblems, useProblems } from "./problems";
import { useRegistry } from "./registry";
import { FakeServer } from "./testing";

const model = (name: string, size: number | null): ModelEntry => ({
  folder: "checkpoints",
  name,
  kind: "file",
  size: 1,
  modified: 0,
  facts: size === null ? {} : { family: "sd1", native_size: size },
  problem: null,
  sha256: null,
  path: null,
});
const check = (node: string, size: number): NodeCheck => ({
  node,
  type: "LoadCheckpoint",
  outputs: [{ name: "model", type: "MODEL", list: false, facts: { native_size: size } }],
  cached: false,
  needed: true,
  notes: {},
});
const installed = (...models: ModelEntry[]) => useModels.setState({ files: new Map([["checkpoints", models]]) });

beforeEach(() => {
  useDocuments.setState({ open: [], active: null });
  useModels.setState({ files: new Map() });
  useProblems.setState({ checked: new Map() });
  useRegistry.setState({ registry: REGISTRY });
});

test("in an empty graph the models that are there say the size, if they agree", () => {
  expect(nativeSize(null)).toBe(null);
  installed(model("tiny", 64), model("broken", null));
  expect(nativeSize(null)).toBe(64n);
  installed(model("tiny", 64), model("large", 1024));
  expect(nativeSize(null)).toBe(null);
});

test("the model that feeds a node comes before the others of the graph, and these before all that are there", () => {
  installed(model("tiny", 64));
  const document = openDocument({ name: null, workflow: PICTURE });
  setProblems(document, PICTURE, [], [check("checkpoint", 512)]);
  expect([nativeSize("sampler"), nativeSize(null)]).toEqual([512n, 512n]);

  setProblems(document, PICTURE, [], [check("checkpoint", 512), check("another", 1024)]);

  expect([nativeSize("sampler"), nativeSize("latent"), nativeSize(null)]).toEqual([512n, null, null]);
});

test("the models are asked for once, from the folders of what loads a model", async () => {
  const server = new FakeServer().on("GET models/checkpoints", { json: { models: [model("tiny", 64)] } });

  await knowModels();
  await knowModels();

  expect(nativeSize(null)).toBe(64n);
  expect(server.asked.map(({ path }) => path)).toEqual(["models/checkpoints"]);
});
