import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { setValue } from "../graph/edit/values";
import { dump } from "../graph/document/write";
import type { Workflow } from "../graph/document/model";
import { PICTURE } from "../graph/testing";
import { activeDocument, edit, isUnsaved, openDocument, undoStep, useDocuments } from "./documents";
import {
  deleteFromLibrary,
  foldersOf,
  moveToFolder,
  openFromLibrary,
  renameInLibrary,
  restoreRevision,
  useLibrary,
} from "./library";
import { useNotices } from "./notices";
import { fileOf, importFiles, resolveConflict, save, saveAs, useSavingStates } from "./saving";
import { FakeServer, problem } from "./testing";

let server: FakeServer;
const steps = (count: bigint) => (workflow: Workflow) =>
  setValue(workflow, null, { node: "sampler", input: "steps" }, count);
const answer = (revision: string, workflow = PICTURE, name = "a") =>
  `{"name": "${name}", "template": false, "revision": "${revision}", "modified": 1, "workflow": ${dump(workflow)}, "problems": []}`;
const active = () => activeDocument(useDocuments.getState())!;
const puts = () => server.of("PUT workflows/a").map(({ headers }) => headers.get("If-Match"));

beforeEach(() => {
  server = new FakeServer().on("GET workflows", { json: { workflows: [] } });
  useDocuments.setState({ open: [], active: null });
  useNotices.setState({ notices: [] });
  useSavingStates.setState({ saving: new Map() });
});

afterEach(() => vi.unstubAllGlobals());

const openA = () => openDocument({ id: "tab", name: "a", revision: "r1", workflow: PICTURE });
const meet = async () => {
  openA();
  edit("value", steps(5n));
  server.on("PUT workflows/a", ({ headers }) =>
    headers.get("If-Match") === '"r2"'
      ? { text: answer("r3") }
      : { ...problem(409, "conflict", "somebody saved first"), headers: { ETag: '"r2"' } },
  );
  server.on("GET workflows/a", { text: answer("r2", steps(9n)(PICTURE)) });
  return save();
};

test("a save replaces the revision that was opened, and no other", async () => {
  openA();
  edit("value", steps(5n));
  server.on("PUT workflows/a", { text: answer("r2") });

  expect([await save(), puts(), active().revision, isUnsaved(active())]).toEqual(["saved", ['"r1"'], "r2", false]);
  expect(server.of("PUT workflows/a")[0]?.text).toBe(`{"workflow": ${dump(active().history.present)}}`);
});

test("something new and a template ask for a name first", async () => {
  openDocument({ name: null, workflow: PICTURE });
  expect(await save()).toBe("name");
  openDocument({ name: "txt2img", template: true, revision: "t", workflow: PICTURE });
  expect(await save()).toBe("name");

  server.on("PUT workflows/a", { status: 201, text: answer("r1") });
  expect(await saveAs("a")).toBe("saved");
  expect(server.of("PUT workflows/a")[0]?.headers.get("If-None-Match")).toBe("*");
  expect([active().name, active().template]).toEqual(["a", false]);
});

test("a name that is taken is refused, not replaced", async () => {
  openDocument({ name: null, workflow: PICTURE });
  server.on("PUT workflows/a", problem(409, "exists", "there is an a already"));

  expect([await saveAs("a"), active().name, useNotices.getState().notices[0]?.message]).toEqual([
    "failed",
    null,
    "there is an a already",
  ]);
});

test("a conflict shows both sides and changes nothing", async () => {
  expect(await meet()).toBe("conflict");
  const state = useSavingStates.getState().saving.get("tab");

  expect(state?.kind === "conflict" && state.theirs?.revision).toBe("r2");
  expect(state?.kind === "conflict" && state.theirs && dump(state.theirs.workflow)).toBe(dump(steps(9n)(PICTURE)));
  expect([isUnsaved(active()), active().revision]).toEqual([true, "r1"]);
});

test("ours can be put over theirs", async () => {
  await meet();

  expect([await resolveConflict("tab", "mine"), puts(), active().revision]).toEqual(["saved", ['"r1"', '"r2"'], "r3"]);
});

test("theirs can be taken, and undoing brings ours back", async () => {
  await meet();
  const ours = active().history.present;
  expect(await resolveConflict("tab", "theirs")).toBe("saved");
  expect([dump(active().history.present), isUnsaved(active())]).toEqual([dump(steps(9n)(PICTURE)), false]);

  undoStep();
  expect([active().history.present === ours, isUnsaved(active()), active().revision]).toEqual([true, true, "r2"]);
});

test("a deleted file is a conflict too", async () => {
  openA();
  server.on("PUT workflows/a", problem(409, "gone", "it was deleted"));
  expect(await save()).toBe("conflict");

  server.on("PUT workflows/a", ({ headers }) => ({
    text: answer("r9"),
    status: headers.get("If-None-Match") ? 201 : 500,
  }));
  expect([await resolveConflict("tab", "mine"), active().revision]).toEqual(["saved", "r9"]);
});

test("renaming and deleting reach the tabs that are open", async () => {
  openA();
  server.on("POST workflows/a/rename", { text: answer("r1", PICTURE, "old/a") });
  server.on("DELETE workflows/old/a", { json: { id: "bin1", name: "old/a", deleted: 1 } });
  server.on("GET bin", { json: { workflows: [{ id: "bin1", name: "old/a", deleted: 1 }] } });
  expect(await moveToFolder("a", "old")).toBe(true);
  expect([active().name, server.of("POST workflows/a/rename")[0]?.text]).toEqual(["old/a", '{"to":"old/a"}']);

  await deleteFromLibrary("old/a");
  expect([active().name, isUnsaved(active()), useLibrary.getState().bin.length]).toEqual([null, true, 1]);
  expect(useNotices.getState().notices[0]?.undo).not.toBeNull();
  expect(await renameInLibrary("nowhere", "b")).toBe(false);
});

test("a revision that is brought back is a step that can be undone", async () => {
  openA();
  server.on("POST workflows/a/restore", { text: answer("r5", steps(3n)(PICTURE)) });
  expect(await restoreRevision("a", "r0")).toBe(true);
  expect([active().revision, isUnsaved(active())]).toEqual(["r5", false]);

  undoStep();
  expect(dump(active().history.present)).toBe(dump(PICTURE));
});

test("an unreadable file is told and opens nothing", async () => {
  server.on("GET workflows/a", {
    text: '{"workflow": null, "text": "{", "problems": [{"code": "not-json", "message": "cut off"}]}',
  });
  await openFromLibrary("a");

  expect([useLibrary.getState().trouble?.message, useDocuments.getState().open.length]).toEqual(["cut off", 0]);
});

test("what is dropped is opened under its own name or its file's", async () => {
  server.on("POST workflows/convert", ({ headers }) =>
    headers.get("Content-Type") === "image/png"
      ? { text: `{"workflow": ${dump(PICTURE)}, "problems": []}` }
      : problem(422, "no-workflow", "there is no workflow in it"),
  );
  const files = [new File(["png"], "evening.png", { type: "image/png" }), new File(["x"], "notes.txt")];

  expect([await importFiles(files), active().name, active().history.present.name]).toEqual([1, null, "evening"]);
  expect(useNotices.getState().notices[0]?.message).toBe("there is no workflow in it");
});

test("an exported file is the bytes that would be saved, under a harmless name", async () => {
  openDocument({ name: null, workflow: { ...PICTURE, name: '../<b>"x"' } });
  const file = fileOf(active());

  expect(await file.text()).toBe(dump(active().history.present));
  expect(file.name).toBe(".._b_x_.json");
});

test("folders hold their own, the top first, and no templates", () => {
  const entry = (name: string, template = false) => ({
    name,
    template,
    folder: name.split("/").slice(0, -1).join("/"),
  });
  const list = [entry("b"), entry("z/c"), entry("é/d"), entry("t", true)] as never;

  expect(foldersOf(list).map(({ name, workflows }) => [name, workflows.length])).toEqual([
    ["", 1],
    ["é", 1],
    ["z", 1],
  ]);
});
