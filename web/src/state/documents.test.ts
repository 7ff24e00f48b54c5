import { beforeEach, expect, test } from "vitest";

import { PICTURE } from "../graph/testing";
import { makeSubgraph } from "../graph/edit/subgraphs";
import { setValue } from "../graph/edit/values";
import {
  activeDocument,
  closeDocument,
  edit,
  enter,
  isUnsaved,
  noteSaved,
  openDocument,
  redoStep,
  scopeOf,
  undoStep,
  useDocuments,
} from "./documents";

const active = () => activeDocument(useDocuments.getState())!;
const steps = (count: bigint) =>
  edit("value", (workflow, scope) => setValue(workflow, scope, { node: "sampler", input: "steps" }, count), "steps");

beforeEach(() => {
  useDocuments.setState({ open: [], active: null });
});

test("a workflow of the library is open once", () => {
  const first = openDocument({ name: "txt2img", workflow: PICTURE });
  openDocument({ name: null, workflow: PICTURE });

  expect(openDocument({ name: "txt2img", workflow: PICTURE })).toBe(first);
  expect(useDocuments.getState().open).toHaveLength(2);
});

test("an edit makes it unsaved, undoing makes it saved again", () => {
  openDocument({ name: "txt2img", revision: "r1", workflow: PICTURE });
  steps(5n);
  expect(isUnsaved(active())).toBe(true);

  undoStep();
  expect(isUnsaved(active())).toBe(false);
  redoStep();
  noteSaved(active().id, "txt2img", "r2", active().history.present);
  expect([isUnsaved(active()), active().revision]).toEqual([false, "r2"]);
});

test("edits reach the subgraph that one has entered, and undoing it leads out", () => {
  openDocument({ name: null, workflow: PICTURE });
  edit("subgraph", (workflow, scope) => makeSubgraph(workflow, scope, new Set(["sampler"]), "Inner").workflow);
  enter(["inner"]);
  steps(7n);

  expect(active().history.present.subgraphs.get("Inner")?.nodes.get("sampler")?.inputs.get("steps")).toBe(7n);
  undoStep();
  undoStep();
  expect([scopeOf(active()), active().instances]).toEqual([null, []]);
  expect(active().history.present).toBe(PICTURE);
});

test("closing a tab brings its neighbour to the front", () => {
  openDocument({ name: "a", workflow: PICTURE });
  const middle = openDocument({ name: "b", workflow: PICTURE });
  openDocument({ name: "c", workflow: PICTURE });
  closeDocument(active().id);

  expect(active().name).toBe("b");
  closeDocument(middle);
  expect(active().name).toBe("a");
});
