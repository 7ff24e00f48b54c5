import { beforeAll, beforeEach, expect, test } from "vitest";

import { editorActions } from "../editor/useEditorActions";
import { setSession } from "../editor/session";
import { addGroup, addNote } from "../graph/edit/decorate";
import { makeSubgraph } from "../graph/edit/subgraphs";
import { NOTHING_SELECTED, type Selection } from "../graph/edit/clipboard";
import { PICTURE, REGISTRY } from "../graph/testing";
import { houseActions } from "../panels/bar/useHouseActions";
import type { Action } from "../state/actions";
import { edit, enter, openDocument, select, undoStep, useDocuments } from "../state/documents";
import { useRegistry } from "../state/registry";
import { followDocuments } from "../state/stage";

const ALL: readonly Action[] = [
  ...editorActions({ group: "Group", note: "Note", subgraph: "Part" }),
  ...houseActions(),
];
const nodes = (...names: string[]): Partial<Selection> => ({ nodes: new Set(names) });
const SELECTIONS: readonly Partial<Selection>[] = [
  {},
  nodes("sampler"),
  nodes("sampler", "latent"),
  nodes("sampler", "latent", "save"),
  { groups: new Set(["group"]) },
  { notes: new Set(["note"]) },
];

/** The keys that stand for several things at this moment, with what they stand for. */
function shared(actions: readonly Action[] = ALL): Record<string, string[]> {
  const meant = new Map<string, string[]>();
  for (const { id, keys, enabled } of actions)
    if (enabled?.() !== false) for (const key of keys) meant.set(key, [...(meant.get(key) ?? []), id]);
  return Object.fromEntries([...meant].filter(([, ids]) => ids.length > 1));
}

beforeAll(() => {
  useRegistry.setState({ registry: REGISTRY });
  followDocuments();
});

beforeEach(() => {
  useDocuments.setState({ open: [], active: null });
  setSession({ current: null, link: null });
});

test("no two actions that can be meant at once share a key", () => {
  openDocument({ name: null, workflow: PICTURE });
  edit("group", (workflow) => addGroup(workflow, null, "Group", [{ x: 0, y: 0, width: 9, height: 9 }]).workflow);
  edit("note", (workflow) => addNote(workflow, null, "Note", { x: 0, y: 0, width: 9, height: 9 }).workflow);
  edit("undone", (workflow) => ({ ...workflow, name: "another" }));
  undoStep();

  for (const chosen of SELECTIONS) {
    select({ ...NOTHING_SELECTED, ...chosen });
    expect(shared()).toEqual({});
  }
});

test("nor do they inside a subgraph, or where nothing is open", () => {
  expect(shared()).toEqual({});
  openDocument({ name: null, workflow: PICTURE });
  const made = makeSubgraph(PICTURE, null, new Set(["sampler"]), "Part");
  edit("subgraph", () => made.workflow);
  const instance = made.name;

  select({ ...NOTHING_SELECTED, ...nodes(instance) });
  expect(shared()).toEqual({});
  enter([instance]);
  for (const chosen of [{}, nodes("sampler")]) {
    select({ ...NOTHING_SELECTED, ...chosen });
    expect(shared()).toEqual({});
  }
});

test("a key that two actions share is found", () => {
  const run = () => undefined;
  const twice = [
    { id: "top", keys: ["Alt+W"], run },
    { id: "close", keys: ["Alt+W"], run },
    { id: "never", keys: ["Alt+W"], run, enabled: () => false },
  ];

  expect(shared(twice)).toEqual({ "Alt+W": ["top", "close"] });
});
