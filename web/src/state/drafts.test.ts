import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { setValue } from "../graph/edit/values";
import { dump } from "../graph/document/write";
import type { Workflow } from "../graph/document/model";
import { PICTURE } from "../graph/testing";
import { useConnection } from "./connection";
import type { Copies, Copy } from "./copies";
import { activeDocument, edit, isUnsaved, openDocument, undoStep, useDocuments } from "./documents";
import { closeTab, draftNameOf, flushDrafts, followDrafts, openDraft, useDrafts } from "./drafts";
import { save } from "./saving";
import { followTabs, restoreTabs } from "./tabs";
import { FakeServer, pass } from "./testing";

/** A database like the browser's. */
class Shelf implements Copies {
  readonly rows = new Map<string, Copy>();
  put(id: string, copy: Copy) {
    this.rows.set(id, copy);
    return Promise.resolve();
  }
  get(id: string) {
    return Promise.resolve(this.rows.get(id) ?? null);
  }
  delete(id: string) {
    this.rows.delete(id);
    return Promise.resolve();
  }
}

class Drawer implements Storage {
  private readonly kept = new Map<string, string>();
  get length() {
    return this.kept.size;
  }
  clear = () => this.kept.clear();
  key = () => null;
  getItem = (name: string) => this.kept.get(name) ?? null;
  removeItem = (name: string) => void this.kept.delete(name);
  setItem = (name: string, value: string) => void this.kept.set(name, value);
}

let server: FakeServer;
let shelf: Shelf;
let stop: () => void;

const steps = (count: bigint) => (workflow: Workflow) =>
  setValue(workflow, null, { node: "sampler", input: "steps" }, count);
const documentJson = (workflow: Workflow, more = "") =>
  `{"name": "a", "template": false, "revision": "r1", "modified": 1, "workflow": ${dump(workflow)}, "problems": []${more}}`;
const present = () => activeDocument(useDocuments.getState())!.history.present;
const drafted = () => server.of("PUT workflows/a/draft");

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.on("PUT workflows/a/draft", { json: { name: "a", base: "r1", modified: 5 } });
  server.on("DELETE workflows/a/draft", { status: 204 });
  server.on("GET drafts", { json: { drafts: [] } });
  server.on("GET workflows", { json: { workflows: [] } });
  vi.stubGlobal("navigator", {}); // no locks: as where a page is served without TLS
  useConnection.setState({ status: "online" });
  useDocuments.setState({ open: [], active: null });
  useDrafts.setState({ drafts: [], pending: new Set() });
  shelf = new Shelf();
  stop = followDrafts(shelf);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const openA = () => openDocument({ id: "tab", name: "a", revision: "r1", workflow: PICTURE });

test("what is edited is kept in the browser at once and on the server soon after", async () => {
  openA();
  edit("value", steps(5n));
  await pass(300);
  expect([shelf.rows.get("tab")?.workflow, drafted().length, useDrafts.getState().pending.size]).toEqual([
    present(),
    0,
    1,
  ]);

  edit("value", steps(6n));
  await pass(1600);
  expect(drafted()).toHaveLength(1);
  expect(drafted()[0]?.text).toBe(`{"base": "r1", "workflow": ${dump(present())}}`);
  expect(useDrafts.getState().pending.size).toBe(0);
});

test("while the server is away everything is kept here, and brought when it is back", async () => {
  openA();
  server.offline = true;
  useConnection.setState({ status: "offline" });
  edit("value", steps(5n));
  await pass(5000);
  expect([useDrafts.getState().pending.has("tab"), shelf.rows.size]).toEqual([true, 1]);

  server.offline = false;
  const before = drafted().length;
  vi.stubGlobal("navigator", {}); // no locks: as where a page is served without TLS
  useConnection.setState({ status: "online" });
  await pass(10);
  expect([drafted().length - before, useDrafts.getState().pending.size]).toEqual([1, 0]);
});

test("undoing to what was saved throws the draft away", async () => {
  openA();
  edit("value", steps(5n));
  await pass(2000);
  undoStep();
  await pass(10);

  expect([server.of("DELETE workflows/a/draft").length, shelf.rows.size]).toEqual([1, 0]);
});

test("saving throws the draft away, and what was edited meanwhile is kept upon the new revision", async () => {
  openA();
  edit("value", steps(5n));
  await pass(2000);
  server.on("PUT workflows/a", () => {
    edit("value", steps(7n));
    return { text: documentJson(PICTURE).replace("r1", "r2") };
  });
  expect(await save("tab")).toBe("saved");
  await pass(2000);

  expect(drafted().at(-1)?.text).toMatch(/^\{"base": "r2"/);
  server.on("PUT workflows/a", { text: documentJson(PICTURE).replace("r1", "r3") });
  expect(await save("tab")).toBe("saved");
  await pass(2000);
  expect([server.of("DELETE workflows/a/draft").length, shelf.rows.size]).toEqual([1, 0]);
});

test("a new graph has a draft of its own name; an empty one needs none", async () => {
  const id = openDocument({ name: null, workflow: { ...PICTURE, nodes: new Map() } });
  await pass(2000);
  expect(server.asked.filter(({ method }) => method === "PUT")).toEqual([]);

  edit("value", () => PICTURE);
  await pass(2000);
  expect(server.of(`PUT workflows/untitled-${id}/draft`)).toHaveLength(1);
});

test("a tab can be closed with or without its draft", async () => {
  openA();
  edit("value", steps(5n));
  await closeTab("tab", "keep");
  expect([drafted().length, server.of("DELETE workflows/a/draft").length]).toEqual([1, 0]);

  openA();
  edit("value", steps(6n));
  await pass(2000);
  await closeTab("tab", "discard");
  expect([drafted().length, server.of("DELETE workflows/a/draft").length, shelf.rows.size]).toEqual([2, 1, 0]);
});

test("after a crash the tabs are back with the newest of what was kept", async () => {
  const [window, browser] = [new Drawer(), new Drawer()];
  const unfollow = followTabs(window, browser);
  openA();
  edit("value", steps(5n));
  await flushDrafts();
  const crashed = present();
  unfollow();
  stop();
  useDocuments.setState({ open: [], active: null });
  server.on("GET workflows/a", { text: documentJson(PICTURE) });
  server.on("GET workflows/a/draft", {
    text: `{"name": "a", "base": "r1", "modified": 1, "workflow": ${dump(steps(9n)(PICTURE))}, "problems": []}`,
  });
  await restoreTabs(shelf, window, browser);

  expect(dump(present())).toBe(dump(crashed));
  expect(isUnsaved(activeDocument(useDocuments.getState())!)).toBe(true);
  undoStep();
  expect([dump(present()), isUnsaved(activeDocument(useDocuments.getState())!)]).toEqual([dump(PICTURE), false]);
});

test("in another browser the draft of the server is there", async () => {
  server.on("GET workflows/a", { text: documentJson(PICTURE, ', "draft": {"name": "a", "base": "r0"}') });
  server.on("GET workflows/a/draft", {
    text: `{"name": "a", "base": "r0", "modified": 1, "workflow": ${dump(steps(9n)(PICTURE))}, "problems": []}`,
  });
  await openDraft("a");
  const document = activeDocument(useDocuments.getState())!;

  expect([dump(document.history.present), document.revision]).toEqual([dump(steps(9n)(PICTURE)), "r0"]);
});

test("tabs of a file that is gone come back as something new, if something was kept", async () => {
  const window = new Drawer();
  const tab = { id: "tab", name: "gone", template: false, instances: [] };
  window.setItem("graphflow.tabs", JSON.stringify({ tabs: [tab, { ...tab, id: "nothing" }], active: "tab" }));
  await shelf.put("tab", { base: "r1", at: 1, workflow: PICTURE });
  await restoreTabs(shelf, window, new Drawer());

  const { open } = useDocuments.getState();
  expect(open.map((each) => [each.id, each.name, draftNameOf(each)])).toEqual([["tab", null, "untitled-tab"]]);
});

test.each(["", "null", "[]", '{"tabs": 5}', "{"])(
  "nonsense in the browser's storage (%s) opens nothing",
  async (text) => {
    const window = new Drawer();
    window.setItem("graphflow.tabs", text);
    await restoreTabs(shelf, window, new Drawer());

    expect(useDocuments.getState().open).toEqual([]);
  },
);
