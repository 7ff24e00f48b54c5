import fc from "fast-check";
import { expect, test } from "vitest";

import { disconnect } from "../graph/edit/links";
import { moveNodes } from "../graph/edit/place";
import { setValue } from "../graph/edit/values";
import { graphOf, REGISTRY, workflows } from "../graph/testing";
import { makeScene, type Scene } from "./scene";

const COUNT = 1000;

/** Pairs of a decoder and what it reads: 1,000 nodes that are linked in twos. */
const LARGE = graphOf(
  Object.fromEntries(
    Array.from(
      { length: COUNT / 2 },
      (_, index): (readonly [string, readonly [string, Record<string, unknown>?]])[] => [
        [`latent${index}`, ["EmptyLatent"]],
        [`decode${index}`, ["VAEDecode", { samples: `@latent${index}.out` }]],
      ],
    ).flat(),
  ),
);

function rebuilt(before: Scene, after: Scene): { readonly nodes: readonly string[]; readonly links: number } {
  return {
    nodes: [...after.nodes].filter(([name, node]) => before.nodes.get(name) !== node).map(([name]) => name),
    links: after.links.filter((each) => !before.links.includes(each)).length,
  };
}

test("a value that changes draws nothing anew, not even the list of nodes", () => {
  const before = makeScene(LARGE, null, REGISTRY);
  const typed = setValue(LARGE, null, { node: "latent7", input: "width" }, 128n);

  expect(before.nodes.size).toBe(COUNT);
  expect(makeScene(typed, null, REGISTRY, before)).toBe(before);
});

test("a node that moves is drawn anew with its links, and nothing else is", () => {
  const before = makeScene(LARGE, null, REGISTRY);
  const moved = moveNodes(LARGE, null, new Map([["latent7", { x: 40, y: 50 }]]));
  const after = makeScene(moved, null, REGISTRY, before);

  expect(rebuilt(before, after)).toEqual({ nodes: ["latent7"], links: 1 });
  expect(after.links.find(({ to }) => to.node === "decode7")?.ends[0]).toEqual(
    makeScene(moved, null, REGISTRY).links.find(({ to }) => to.node === "decode7")?.ends[0],
  );
});

test("a link that is cut changes the node that it fed, and takes no other link with it", () => {
  const before = makeScene(LARGE, null, REGISTRY);
  const cut = disconnect(LARGE, null, { node: "decode7", input: "samples" });
  const after = makeScene(cut, null, REGISTRY, before);

  expect(rebuilt(before, after)).toEqual({ nodes: ["decode7"], links: 0 });
  expect(after.links.length).toBe(before.links.length - 1);
});

test("what is taken over from before looks like what is drawn from nothing", () => {
  const drawing = ({ nodes, links, read }: Scene) => ({
    nodes: Array.from(nodes, ([name, { box, shape, view }]) => ({ name, box, shape, view })),
    links,
    read: [...read].sort(),
  });

  fc.assert(
    fc.property(workflows, workflows, fc.integer({ min: -500, max: 500 }), (one, other, x) => {
      const places = [...one.nodes.keys()].slice(0, 2).map((name, index) => [name, { x, y: 90 * index }] as const);
      let scene = makeScene(one, null, REGISTRY);
      for (const next of [moveNodes(one, null, new Map(places)), other, one]) {
        scene = makeScene(next, null, REGISTRY, scene);
        expect(drawing(scene)).toEqual(drawing(makeScene(next, null, REGISTRY)));
      }
    }),
    { numRuns: 60 },
  );
});
