import { expect, test } from "vitest";

import { LIBRARY_PREFIX, searchTypes, withLibrary } from "./search";
import { REGISTRY } from "./testing";

const SHELF = [
  {
    name: "portraits/softer",
    title: "A softer light",
    description: "Soften a picture.",
    inputs: [{ name: "picture", type: "IMAGE" }],
    outputs: [{ name: "soft", type: "IMAGE" }],
  },
  { name: "bare", title: null, description: null, inputs: [], outputs: [] },
];
const both = withLibrary(SHELF, REGISTRY);

test("a workflow of the library is found beside the node types, by its name and by its title", () => {
  for (const text of ["softer", "softer light"]) {
    const [first] = searchTypes(both, { text });
    expect([text, first?.type.id, first?.label]).toEqual([
      text,
      `${LIBRARY_PREFIX}portraits/softer`,
      "portraits/softer",
    ]);
  }
});

test("a held link ends at a named input of such a workflow, where the types agree", () => {
  const hits = (from: string) => searchTypes(both, { text: "softer", fit: { from } }).map(({ port }) => port);

  expect([hits("IMAGE"), hits("MODEL")]).toEqual([["picture"], []]);
});

test("a workflow without named ports is no node", () => {
  expect(searchTypes(both, { text: "bare" }).filter(({ type }) => type.category === "library")).toEqual([]);
});
