import { expect, test } from "vitest";

import { graphAt } from "../document/graphs";
import type { Box } from "../document/model";
import { graphOf, PICTURE, REGISTRY } from "../testing";
import { NOTHING_SELECTED } from "./clipboard";
import { addGroup, addNote, addReroute, rerouteSlot } from "./decorate";
import { makeSubgraph } from "./subgraphs";
import { searchTypes, withSubgraphs, narrowings } from "../search";
import { boxAt, nextInDirection, pickInput, pickOutput } from "../pick";
import {
  boundsOf,
  colorSelection,
  dissolveSelection,
  framed,
  moveBy,
  onlyPresent,
  placesOf,
  removeSelection,
  selecting,
  withContents,
} from "./selection";

const box = (x: number, y: number, width = 100, height = 50): Box => ({ x, y, width, height });
const BOXES = new Map([...PICTURE.view].map(([name, { x, y }]) => [name, box(x, y)]));

function decorated() {
  const grouped = addGroup(PICTURE, null, "First", [box(0, 0), box(300, 0)]);
  const noted = addNote(grouped.workflow, null, "hello", box(50, 30, 80, 20));
  return addReroute(noted.workflow, null, { node: "sampler", output: "out" }, [{ node: "decode", input: "samples" }], {
    x: 1450,
    y: 200,
  }).workflow;
}

test("a selection is removed whole, and a group leaves what lies in it", () => {
  const workflow = decorated();
  const after = removeSelection(workflow, null, {
    nodes: new Set(["save"]),
    groups: new Set(["group"]),
    notes: new Set(["note"]),
    reroutes: new Set(["reroute"]),
  });

  expect([...after.nodes.keys()]).toEqual([...PICTURE.nodes.keys()].filter((name) => name !== "save"));
  expect([after.groups.size, after.notes.size, after.reroutes.size]).toEqual([0, 0, 0]);
});

test("dissolving a node joins its neighbours", () => {
  const chain = graphOf({
    a: ["EmptyLatent"],
    b: ["UpscaleLatent", { samples: "@a.out" }],
    c: ["UpscaleLatent", { samples: "@b.out" }],
  });
  const after = dissolveSelection(chain, null, { ...NOTHING_SELECTED, nodes: new Set(["b"]) }, REGISTRY);

  expect(after.nodes.get("c")?.inputs.get("samples")).toEqual({ node: "a", output: "out" });
});

test("shift adds what was out and takes out what was in", () => {
  const one = selecting(NOTHING_SELECTED, "nodes", "a", false);
  const two = selecting(one, "nodes", "b", true);

  expect([...two.nodes]).toEqual(["a", "b"]);
  expect([...selecting(two, "nodes", "a", true).nodes]).toEqual(["b"]);
  expect([...selecting(two, "notes", "n", false).nodes]).toEqual([]);
});

test("what is gone is not selected any more", () => {
  const selection = { ...NOTHING_SELECTED, nodes: new Set(["save", "gone"]), notes: new Set(["note"]) };

  expect([...onlyPresent(PICTURE, selection).nodes, ...onlyPresent(PICTURE, selection).notes]).toEqual(["save"]);
});

test("a frame takes what it touches, and groups that it holds", () => {
  const workflow = decorated();
  const graph = graphAt(workflow, null);
  const small = framed(graph, BOXES, box(90, 10, 30, 30));
  const large = framed(graph, BOXES, box(-100, -100, 600, 400));

  expect([[...small.nodes], small.groups.size]).toEqual([["checkpoint"], 0]);
  expect([[...large.nodes], [...large.groups], [...large.notes]]).toEqual([
    ["checkpoint", "positive"],
    ["group"],
    ["note"],
  ]);
});

test("a group moves with its contents, and nothing else does", () => {
  const workflow = decorated();
  const graph = graphAt(workflow, null);
  const all = withContents(graph, BOXES, { ...NOTHING_SELECTED, groups: new Set(["group"]) });
  const moved = moveBy(workflow, null, placesOf(graph, BOXES, all), { x: 10, y: 20 });

  expect([...all.nodes, ...all.notes]).toEqual(["checkpoint", "positive", "note"]);
  expect(moved.view.get("positive")).toMatchObject({ x: 310, y: 20 });
  expect(moved.view.get("negative")).toBe(workflow.view.get("negative"));
  expect(boundsOf(graph, BOXES, all)).toEqual({ x: -20, y: -36, width: 440, height: 106 });
});

test("a colour reaches nodes, groups and notes", () => {
  const workflow = decorated();
  const selection = { ...NOTHING_SELECTED, nodes: new Set(["save"]), groups: new Set(["group"]) };
  const painted = colorSelection(workflow, null, selection, "#aa3344");

  expect([
    painted.view.get("save")?.color,
    painted.groups.get("group")?.color,
    painted.notes.get("note")?.color,
  ]).toEqual(["#aa3344", "#aa3344", null]);
});

test("a link dropped on a node finds the input that it is meant for", () => {
  const workflow = graphOf({
    encode: ["CLIPEncode"],
    other: ["CLIPEncode"],
    number: ["Number"],
    sampler: ["KSampler"],
  });
  const at = { workflow, scope: null, registry: REGISTRY };
  const picked = pickInput(at, { node: "encode", output: "out" }, "sampler");

  expect(picked).toEqual({ ok: true, port: { node: "sampler", input: "positive" } });
  expect(pickInput(at, { node: "number", output: "out" }, "sampler")).toEqual({
    ok: true,
    port: { node: "sampler", input: "seed" },
  });
  expect(pickInput(at, { node: "number", output: "out" }, "encode")).toMatchObject({
    ok: false,
    refusal: { code: "type-mismatch" },
  });
});

test("a free input goes before one that is fed", () => {
  const workflow = graphOf({
    a: ["CLIPEncode"],
    b: ["CLIPEncode"],
    sampler: ["KSampler", { positive: "@a.out" }],
  });
  const at = { workflow, scope: null, registry: REGISTRY };

  expect(pickInput(at, { node: "b", output: "out" }, "sampler")).toMatchObject({ port: { input: "negative" } });
  expect(pickOutput(at, { node: "sampler", input: "positive" }, "b")).toMatchObject({ port: { output: "out" } });
});

test("a loop is told rather than a wrong type", () => {
  const at = { workflow: PICTURE, scope: null, registry: REGISTRY };

  expect(pickInput(at, { node: "decode", output: "out" }, "sampler")).toMatchObject({
    refusal: { code: "type-mismatch" },
  });
  expect(pickInput(at, { node: "sampler", output: "out" }, "sampler")).toMatchObject({ refusal: { code: "cycle" } });
});

test("arrows go to the box that lies that way", () => {
  const boxes = new Map([
    ["middle", box(200, 200)],
    ["right", box(400, 210)],
    ["far", box(900, 200)],
    ["below", box(210, 400)],
    ["above", box(190, 0)],
  ]);

  expect((["left", "right", "up", "down"] as const).map((way) => nextInDirection(boxes, "middle", way))).toEqual([
    null,
    "right",
    "above",
    "below",
  ]);
  expect(boxAt([["a", box(0, 0)] as const, ["b", box(20, 20)] as const], { x: 30, y: 30 })).toBe("b");
});

test("a new bend lands between the bends that it lies between", () => {
  const ends = [
    { x: 0, y: 0 },
    { x: 300, y: 0 },
  ] as const;
  const by = [
    ["first", { x: 100, y: 0 }],
    ["second", { x: 200, y: 0 }],
  ] as const;

  expect([50, 150, 250].map((x) => rerouteSlot(ends, by, { x, y: 5 }))).toEqual(["first", "second", undefined]);
});

test("the subgraphs of a workflow are found beside the types, except inside themselves", () => {
  const { workflow } = makeSubgraph(PICTURE, null, new Set(["sampler", "decode"]), "Sampling");
  const find = (scope: string | null) =>
    searchTypes(withSubgraphs(workflow, scope, REGISTRY), { text: "sampling", also: [{ to: "IMAGE" }] }).map(
      ({ type }) => type.id,
    );

  expect(find(null)).toEqual(["subgraph:Sampling"]);
  expect(find("Sampling")).toEqual([]);
});

test("a search is narrowed by what is found most", () => {
  const hits = searchTypes(REGISTRY, { text: "" });

  expect(narrowings(hits, "gives", 2)).toEqual(["LATENT", "IMAGE"]);
  expect(narrowings(hits, "takes", 2)).toEqual(["IMAGE", "LATENT"]);
});
