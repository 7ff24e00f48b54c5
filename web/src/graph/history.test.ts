import fc from "fast-check";
import { expect, test } from "vitest";

import { dump } from "./document/write";
import { copy, NOTHING_SELECTED, paste } from "./edit/clipboard";
import { addGroup } from "./edit/decorate";
import { connect, disconnect } from "./edit/links";
import { addNode, removeNodes, renameNode, toggleMode } from "./edit/nodes";
import { moveNodes } from "./edit/place";
import { exposeInput } from "./edit/ports";
import { canMakeSubgraph, makeSubgraph, unpackSubgraph } from "./edit/subgraphs";
import { setValue } from "./edit/values";
import { record, redo, redoLabel, seal, startHistory, undo, undoLabel, type History } from "./history";
import type { Workflow } from "./document/model";
import { PICTURE } from "./testing";

const doing = (label: string, at = 0, merge?: string) => (merge === undefined ? { label, at } : { label, at, merge });

test("undo goes back and redo forth again", () => {
  const typed = record(record(startHistory("a"), "b", doing("one")), "c", doing("two"));

  expect([undo(typed).present, undo(undo(typed)).present, redo(undo(typed)).present]).toEqual(["b", "a", "c"]);
  expect([undoLabel(undo(typed)), redoLabel(undo(typed))]).toEqual(["one", "two"]);
  expect(undo(startHistory("a")).present).toBe("a");
});

test("typing into one field is one step", () => {
  let history = startHistory("");
  for (const [index, text] of ["h", "ho", "hou"].entries())
    history = record(history, text, doing("type", index * 100, "text"));

  expect(undo(history).present).toBe("");
});

test("a pause, another field, or leaving the field ends the step", () => {
  const first = record(startHistory("0"), "1", doing("type", 0, "a"));

  expect(undo(record(first, "2", doing("type", 5000, "a"))).present).toBe("1");
  expect(undo(record(first, "2", doing("type", 10, "b"))).present).toBe("1");
  expect(undo(record(seal(first), "2", doing("type", 10, "a"))).present).toBe("1");
});

test("something new forgets what was undone", () => {
  const history = record(undo(record(startHistory("a"), "b", doing("one"))), "c", doing("two"));

  expect(redo(history).present).toBe("c");
});

type Edit = (workflow: Workflow) => Workflow;

const pick = <T>(items: Iterable<T>, index: number): T | undefined => {
  const list = [...items];
  return list[index % Math.max(1, list.length)];
};

/** Anything that a person might do next, whatever the graph looks like by then. */
const edit: fc.Arbitrary<Edit> = fc.tuple(fc.nat(9), fc.nat(50), fc.nat(50)).map(([what, one, other]) => (workflow) => {
  const name = pick(workflow.nodes.keys(), one) ?? "";
  const second = pick(workflow.nodes.keys(), other) ?? "";
  if (name === "") return addNode(workflow, null, { type: "Pass", version: 1, at: { x: one, y: other } }).workflow;
  const both = new Set([name, second]);
  const edits: Edit[] = [
    (now) => addNode(now, null, { type: "UpscaleLatent", version: 1, at: { x: one, y: other } }).workflow,
    (now) => removeNodes(now, null, both),
    (now) => renameNode(now, null, name, `n${other}`),
    (now) => setValue(now, null, { node: name, input: "steps" }, BigInt(other)),
    (now) => connect(now, null, { node: name, output: "out" }, { node: second, input: "samples" }),
    (now) => disconnect(now, null, { node: name, input: "samples" }),
    (now) => moveNodes(toggleMode(now, null, both, "mute"), null, new Map([[name, { x: one, y: other }]])),
    (now) =>
      paste(now, null, copy(now, null, { ...NOTHING_SELECTED, nodes: both }), { x: 20, y: 20 }, one % 2 === 0).workflow,
    (now) =>
      canMakeSubgraph(now, null, both)
        ? exposeInput(now, null, { node: name, input: "seed" })
        : makeSubgraph(now, null, both, "Part").workflow,
    (now) => addGroup(unpackSubgraph(now, null, name).workflow, null, "G", []).workflow,
  ];
  return edits[what]!(workflow);
});

test("undoing everything gives the first document byte for byte, and redoing it the last", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
      let history: History<Workflow> = startHistory(PICTURE);
      const texts = [dump(PICTURE)];
      edits.forEach((each, index) => {
        const next = each(history.present);
        if (next !== history.present) texts.push(dump(next));
        history = record(history, next, doing("edit", index));
      });
      const last = dump(history.present);
      for (const text of texts.slice(0, -1).reverse()) {
        history = undo(history);
        expect(dump(history.present)).toBe(text);
      }
      while (history.future.length > 0) history = redo(history);
      expect(dump(history.present)).toBe(last);
    }),
    { numRuns: 60 },
  );
});
