import { expect, test } from "vitest";

import { insertIntoLink } from "./edit/links";
import { changeViews, moveNodes } from "./edit/place";
import { pickThrough } from "./pick";
import { graphOf, PICTURE, REGISTRY } from "./testing";
import { pinched } from "./viewport";

const FREE = graphOf({
  latent: ["EmptyLatent"],
  sampler: ["KSampler", { latent_image: "@latent.out" }],
  upscale: ["UpscaleLatent"],
  encode: ["CLIPEncode"],
  used: ["UpscaleLatent", { samples: "@latent.out" }],
});
const LINK = { from: { node: "latent", output: "out" }, to: { node: "sampler", input: "latent_image" } };

test("a free node that takes and gives what a link carries can be put into it", () => {
  const ports = pickThrough({ workflow: FREE, scope: null, registry: REGISTRY }, LINK, "upscale")!;
  const done = insertIntoLink(FREE, null, LINK.to, 0, { name: "upscale", ...ports });

  expect(done.nodes.get("upscale")?.inputs.get("samples")).toEqual(LINK.from);
  expect(done.nodes.get("sampler")?.inputs.get("latent_image")).toEqual({ node: "upscale", output: "out" });
});

test("one that is linked already, or of other types, or an end of the link, cannot", () => {
  const at = { workflow: FREE, scope: null, registry: REGISTRY };

  expect(["used", "encode", "latent", "sampler"].map((name) => pickThrough(at, LINK, name))).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("what is moved to where it is, or made what it is, is no change", () => {
  const pinned = changeViews(PICTURE, null, ["latent"], { pinned: true });
  const { x, y } = PICTURE.view.get("sampler")!;

  expect(moveNodes(PICTURE, null, new Map([["sampler", { x, y }]]))).toBe(PICTURE);
  expect(moveNodes(pinned, null, new Map([["latent", { x: 5, y: 5 }]]))).toBe(pinned);
  expect(changeViews(pinned, null, ["latent"], { pinned: true })).toBe(pinned);
});

test("two fingers keep under them what they touch, and zoom as they part", () => {
  const start = { x: 40, y: -30, zoom: 0.8 };
  const [from, to] = [
    [
      { x: 100, y: 100 },
      { x: 200, y: 100 },
    ],
    [
      { x: 120, y: 140 },
      { x: 270, y: 140 },
    ],
  ] as const;
  const then = pinched(start, from, to);
  const under = (view: typeof start, spot: { x: number; y: number }) => [
    (spot.x - view.x) / view.zoom,
    (spot.y - view.y) / view.zoom,
  ];

  expect(then.zoom).toBeCloseTo(1.2);
  from.forEach((spot, index) => {
    const [x, y] = under(then, to[index]!);
    expect(x).toBeCloseTo(under(start, spot)[0]!);
    expect(y).toBeCloseTo(under(start, spot)[1]!);
  });
});
