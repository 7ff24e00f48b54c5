import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { setSeedRule, setValue } from "../graph/edit/values";
import { readWorkflow } from "../graph/document/read";
import { dump } from "../graph/document/write";
import { PICTURE, REGISTRY } from "../graph/testing";
import { connect, useConnection } from "./connection";
import { activate, activeDocument, edit, openDocument, select, useDocuments } from "./documents";
import { useNotices } from "./notices";
import { useProblems } from "./problems";
import { setRegistry } from "./registry";
import { followRuns, labelOf, useRuns } from "./runs";
import { useStandings } from "./standing";
import { interrupt, run, runSelected, runToHere } from "./submit";
import { FakeServer, jobOf, pass, problem, sockets, teller } from "./testing";

let server: FakeServer;
let stops: (() => void)[] = [];
let jobs = 0;
const seedAt = { node: "sampler", input: "seed" };

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.on("POST jobs", () => ({ status: 202, json: { id: `job-${++jobs}`, state: "queued" } }));
  jobs = 0;
  setRegistry(REGISTRY);
  useDocuments.setState({ open: [], active: null });
  useConnection.setState({ status: "connecting", me: null });
  useNotices.setState({ notices: [] });
  stops = [followRuns(), connect("http://server.test/")];
  await pass();
  sockets[0]!.open();
  sockets[0]!.say({ kind: "subscribed", jobs: "all", after: 0, previews: true });
  await pass(50);
});

afterEach(() => {
  stops.forEach((stop) => stop());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const open = (workflow = PICTURE) => openDocument({ name: null, workflow });
const submitted = () => server.of("POST jobs").map(({ text }) => text);
const present = () => activeDocument(useDocuments.getState())!.history.present;
const standing = (path: string) => useStandings.getState().nodes.get(path)?.kind;
const say = async (...messages: object[]) => {
  sockets.at(-1)!.say(...messages);
  await pass(20);
};

test("a seed of 64 bits travels with all its digits, and the document as it is", async () => {
  const id = open();
  await run();
  const [text = ""] = submitted();

  expect(text).toContain('"seed": 18446744073709551615');
  expect(text).toContain(`"labels":["${labelOf(id)}"]`);
  const workflow = text.slice('{"workflow": '.length, text.lastIndexOf(', "targets"'));
  expect(readWorkflow(workflow)).toMatchObject({ ok: true, workflow: { name: null } });
  expect(text.startsWith(`{"workflow": ${dump(PICTURE)}`)).toBe(true);
});

test("random seeds are drawn before, and the document says which", async () => {
  open(setSeedRule(PICTURE, null, seedAt, "random"));
  await run({ times: 2 });
  const drawn = present().nodes.get("sampler")?.inputs.get("seed") as bigint;

  expect(drawn).not.toBe(18446744073709551615n);
  expect(submitted()[1]).toContain(`"seed": ${drawn}`);
  expect(submitted()[0]).not.toContain(`"seed": ${drawn}`);
});

test("each submission has a key of its own", async () => {
  open();
  await run({ times: 2 });
  const keys = server.of("POST jobs").map(({ headers }) => headers.get("Idempotency-Key"));

  expect(new Set(keys).size).toBe(2);
  expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key ?? ""))).toBe(true);
});

test("run to here and run what is selected name their targets", async () => {
  open();
  await runToHere("positive");
  select({ ...activeDocument(useDocuments.getState())!.selection, nodes: new Set(["latent", "negative"]) });
  await runSelected();

  expect(submitted()[0]).toContain('"targets":["positive"]');
  expect(submitted()[1]).toContain('"targets":["latent","negative"]');
  expect(standing("save")).toBeUndefined();
});

test("what the server finds wrong stands at the nodes", async () => {
  const id = open();
  server.on("POST jobs", problem(422, "bad-value", "steps must be less", { node: "sampler", input: "steps" }));

  expect(await run()).toEqual([]);
  expect(useProblems.getState().checked.get(id)?.byNode.get("sampler")?.[0]?.message).toBe("steps must be less");
  server.on("POST jobs", problem(429, "queue-full", "the queue is full"));
  await Promise.all([run(), pass(5000)]);
  expect(useNotices.getState().notices[0]).toMatchObject({ act: "run", message: "the queue is full" });
});

test("nodes wait at once and follow the events, also those that came before the answer", async () => {
  open();
  const tell = teller();
  server.on("POST jobs", async () => {
    await say(tell("early", { kind: "job.state", state: "running", attempt: 1 }));
    await say(tell("early", { kind: "node.started", node: "positive", type: "CLIPEncode" }));
    return { status: 202, json: { id: "early", state: "queued" } };
  });
  await run();

  expect([standing("positive"), standing("sampler")]).toEqual(["running", "queued"]);
});

test("one step of one node changes only that node", async () => {
  open();
  await run();
  const before = useStandings.getState().nodes;
  await say({ job: "job-1", attempt: 1, event: { kind: "node.progress", node: "sampler", done: 1, total: 4 } });
  const after = useStandings.getState().nodes;

  expect([...after].filter(([path, each]) => before.get(path) !== each).map(([path]) => path)).toEqual(["sampler"]);
});

test("the reason why a node ran is what changed since the run before", async () => {
  open();
  await run();
  edit("value", (workflow) => setValue(workflow, null, { node: "positive", input: "text" }, "a blue house"));
  await run();
  const tell = teller();
  await say(tell("job-1", { kind: "job.state", state: "done", attempt: 1 }));
  await say(tell("job-2", { kind: "job.state", state: "running", attempt: 1 }));
  await say(tell("job-2", { kind: "node.finished", node: "positive", how: "ran", seconds: 1 }));

  expect(useStandings.getState().nodes.get("positive")).toMatchObject({ why: { kind: "inputs", inputs: ["text"] } });
});

test("each tab shows its own run, and closing it forgets", async () => {
  const first = open();
  await run();
  const second = open();
  expect(useStandings.getState().nodes.size).toBe(0);

  activate(first);
  expect(standing("sampler")).toBe("queued");
  useDocuments.setState(({ open: all }) => ({ open: all.filter(({ id }) => id === second), active: second }));
  expect(useRuns.getState().shown.size).toBe(0);
});

test("previews become addresses that are given up once newer ones are there", async () => {
  open();
  await run();
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  const header = new TextEncoder().encode('{"job":"job-1","attempt":1,"node":"sampler","media_type":"image/webp"}');
  const frame = new Uint8Array([0, 0, 0, header.length, ...header, 1, 2]).buffer;
  const shown: (string | undefined)[] = [];
  for (let count = 0; count < 2; count++) {
    sockets.at(-1)!.onmessage?.({ data: frame });
    await pass(20);
    shown.push(useStandings.getState().pictures.get("sampler")?.url);
  }
  await pass(2000);

  expect(revoked.mock.calls).toEqual([[shown[0]]]);
  expect(shown[1]).not.toBe(shown[0]);
});

test("however many runs wait, the one that works is shown", async () => {
  const id = open();
  await run({ times: 30 });
  await say(teller()("job-1", { kind: "job.state", state: "running", attempt: 1 }));

  expect(useRuns.getState().shown.get(id)).toMatchObject({ job: "job-1", state: "running" });
});

test("stopping asks the server for the run that is shown", async () => {
  open();
  await run();
  server.on("POST jobs/job-1/cancel", { json: jobOf("job-1", { cancelling: true }) });
  await interrupt();

  expect(server.of("POST jobs/job-1/cancel")).toHaveLength(1);
});

test("after loading the page anew, a run is found again in the middle", async () => {
  const tell = teller();
  const events = [
    tell("old", { kind: "job.state", state: "running", attempt: 1 }),
    tell("old", { kind: "node.finished", node: "positive", how: "ran", seconds: 1 }),
  ];
  server.on("GET jobs", ({ query }) => ({
    json: { jobs: query.get("label") === labelOf("kept") ? [jobOf("old", { state: "running" })] : [], next: null },
  }));
  server.on("GET jobs/old/workflow", { text: `{"workflow": ${dump(PICTURE)}, "targets": null}` });
  server.on("GET jobs/old/events", { json: { events, after: 2, more: false, resync: false } });
  openDocument({ id: "kept", name: null, workflow: PICTURE });
  sockets[0]!.say({ kind: "resync", reason: "forgotten", jobs: "all" });
  sockets[0]!.say({ kind: "snapshot", jobs: [], more: false, after: 9 });
  await pass(50);

  expect([standing("positive"), standing("sampler"), useRuns.getState().shown.get("kept")?.state]).toEqual([
    "done",
    "queued",
    "running",
  ]);
});
