import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { moveNodes } from "../graph/edit/place";
import { setValue } from "../graph/edit/values";
import { PICTURE, REGISTRY } from "../graph/testing";
import type { Artifact } from "../wire/schema.gen";
import { connect, useConnection } from "./connection";
import { edit, openDocument, useDocuments } from "./documents";
import { deletePicture, deleteRun, followGallery, loadGallery, loadMorePictures, useGallery } from "./gallery";
import { cancelJob, clearEnded, followJobs, moveJob, pauseQueue, useJobs, waitingJobs } from "./jobs";
import { filesIn } from "./models";
import { useNotices } from "./notices";
import { followProblems, useProblems } from "./problems";
import { FakeServer, jobOf, pass, problem, sockets, teller } from "./testing";
import { picturesIn, upload, useUploads } from "./uploads";

let server: FakeServer;
let stops: (() => void)[] = [];

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  useDocuments.setState({ open: [], active: null });
  useConnection.setState({ status: "connecting", me: null });
  useNotices.setState({ notices: [] });
  useJobs.setState({ jobs: new Map(), progress: new Map(), loaded: false, older: null });
  useGallery.setState({ pictures: [], next: null, loading: false, loaded: false, trouble: null });
  useUploads.setState({ sending: [], uploads: [], next: null });
  stops = [followJobs(), followGallery(), connect("http://server.test/")];
  await pass();
});

afterEach(() => {
  stops.forEach((stop) => stop());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const begin = async (...jobs: ReturnType<typeof jobOf>[]) => {
  server.on("GET jobs", ({ query }) => ({
    json: { jobs: jobs.filter(({ state }) => query.getAll("state").includes(state)), next: null },
  }));
  sockets[0]!.open();
  sockets[0]!.say({ kind: "subscribed", jobs: "all", after: 0, previews: true });
  await pass(50);
};
const say = async (...messages: object[]) => {
  sockets[0]!.say(...messages);
  await pass(20);
};
const ids = () => waitingJobs(useJobs.getState().jobs).map(({ id }) => id);

test("the queue stands in the order of turns: running, waiting, held", async () => {
  await begin(
    jobOf("held", { state: "held", position: null }),
    jobOf("second", { position: 1 }),
    jobOf("first", { position: 0 }),
    jobOf("now", { state: "running", position: null }),
    jobOf("old", { state: "done" }),
  );

  expect(ids()).toEqual(["now", "first", "second", "held"]);
  expect([useJobs.getState().jobs.size, server.of("GET jobs")[0]?.query.get("client")]).toEqual([5, "ada"]);
});

test("a state is shown at once, and places are asked for once however many events come", async () => {
  await begin(jobOf("a"), jobOf("b", { position: 1 }));
  const tell = teller();
  const asked = server.of("GET queue").length;
  await say(...["a", "b"].map((job) => tell(job, { kind: "job.state", state: "running", attempt: 1 })));
  expect(useJobs.getState().jobs.get("a")).toMatchObject({ state: "running", started: 101 });

  await say(tell("a", { kind: "job.cancelling" }));
  expect(useJobs.getState().jobs.get("a")?.cancelling).toBe(true);
  await pass(500);
  expect(server.of("GET queue").length - asked).toBe(1);
});

test("a step changes the progress of its job and no job", async () => {
  await begin(jobOf("a", { state: "running", progress: { nodes_done: 2, nodes_total: 7 } }));
  const { jobs } = useJobs.getState();
  await say({ job: "a", attempt: 1, event: { kind: "node.progress", node: "n", done: 3, total: 9, remaining: 4 } });

  expect(useJobs.getState().jobs).toBe(jobs);
  expect(useJobs.getState().progress.get("a")).toMatchObject({ nodes_done: 2, nodes_total: 7, done: 3, remaining: 4 });
});

test("acts answer with the job; refusals are told and change nothing", async () => {
  await begin(jobOf("a"), jobOf("b", { position: 1 }), jobOf("old", { state: "failed" }));
  server.on("POST jobs/a/cancel", { json: jobOf("a", { state: "cancelled" }) });
  server.on("POST jobs/b/move", problem(409, "running", "it runs already"));
  server.on("POST queue/pause", { json: { paused: true, counts: { queued: 1 }, running: [] } });
  server.on("POST jobs/clear", { json: { jobs: 2 } });
  await cancelJob("a");
  await moveJob("b", { to: "front" });
  await pauseQueue(true);

  expect([useJobs.getState().jobs.get("a")?.state, useJobs.getState().paused]).toEqual(["cancelled", true]);
  expect(useNotices.getState().notices).toMatchObject([{ act: "moveJob", message: "it runs already" }]);
  await clearEnded();
  expect([...useJobs.getState().jobs.keys()]).toEqual(["b"]);
});

const artifact = (sha256: string, job = "j"): Artifact => ({
  sha256,
  media_type: "image/png",
  name: `${sha256}.png`,
  size: 1,
  width: 8,
  height: 8,
  purpose: "output",
  job,
  node: "save",
  created: 1,
});

test("the gallery reads on without doubling what came in between", async () => {
  await begin();
  server.on("GET artifacts", ({ query }) => ({
    json: query.get("cursor")
      ? { artifacts: [artifact("b"), artifact("c")], next: null }
      : { artifacts: [artifact("a"), artifact("b")], next: 5 },
  }));
  await loadGallery();
  await Promise.all([loadMorePictures(), loadMorePictures()]);
  const file = { kind: "artifact.kept", node: "save", size: 1, name: "d.png", width: 8, height: 8 } as const;
  const tell = teller();
  await say(tell("k", { ...file, sha256: "d", media_type: "image/png", purpose: "output" }));
  await say(tell("k", { ...file, sha256: "e", media_type: "text/plain", purpose: "output" }));
  await say(tell("k", { ...file, sha256: "f", media_type: "image/png", purpose: "preview" }));

  expect(useGallery.getState().pictures.map(({ sha256 }) => sha256)).toEqual(["d", "a", "b", "c"]);
  expect(server.of("GET artifacts")).toHaveLength(2);
  expect(server.of("GET artifacts")[0]?.query.get("media_type")).toBe("image/*");
});

test("a picture is deleted alone, and a run with all of its pictures", async () => {
  await begin();
  server.on("GET artifacts", {
    json: { artifacts: ["a", "b", "c"].map((each) => artifact(each)).concat(artifact("a", "other")), next: null },
  });
  server.on("DELETE jobs/j/artifacts/a", { status: 204 });
  server.on("DELETE jobs/j", { status: 204 });
  const shown = () => useGallery.getState().pictures.map(({ job, sha256 }) => `${job}/${sha256}`);
  await loadGallery();

  expect(await deletePicture({ job: "j", sha256: "a" })).toBe(true);
  expect(shown()).toEqual(["j/b", "j/c", "other/a"]);
  await say(teller()("j", { kind: "artifact.deleted", sha256: "b" }));
  expect(shown()).toEqual(["j/c", "other/a"]);
  expect(await deleteRun("j")).toBe(true);
  expect(shown()).toEqual(["other/a"]);
  await say(teller()("other", { kind: "job.deleted" }));
  expect(shown()).toEqual([]);
});

test("only the answer to the last filter counts", async () => {
  await begin();
  let answerSlowly: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (answerSlowly = resolve));
  server.on("GET artifacts", async ({ query }) => {
    if (query.get("job") === "slow") await slow;
    return { json: { artifacts: [artifact(query.get("job") ?? "")], next: null } };
  });
  const first = loadGallery({ job: "slow" });
  await loadGallery({ job: "fast" });
  answerSlowly();
  await first;

  expect(useGallery.getState().pictures.map(({ sha256 }) => sha256)).toEqual(["fast"]);
  useGallery.setState({ filter: { job: null, purpose: "output", mediaType: "image/*" } });
});

test("a graph is checked once one pauses, and not for being moved", async () => {
  await begin();
  const bad = { code: "bad-value", message: "too many", node: "outer/inner", input: "steps" };
  server.on("POST workflows/validate", { json: { sound: false, problems: [bad], nodes: [], inputs: [], outputs: [] } });
  const id = openDocument({ name: null, workflow: PICTURE });
  stops.push(followProblems());
  for (const count of [5n, 6n, 7n]) {
    edit("value", (workflow) => setValue(workflow, null, { node: "sampler", input: "steps" }, count));
    await pass(100);
  }
  await pass(1000);
  expect(server.of("POST workflows/validate")).toHaveLength(1);
  expect(server.of("POST workflows/validate")[0]?.text).toContain('"steps": 7');
  expect([...(useProblems.getState().checked.get(id)?.byNode.keys() ?? [])]).toEqual(["outer/inner", "outer"]);

  edit("move", (workflow) => moveNodes(workflow, null, new Map([["save", { x: 1, y: 2 }]])));
  await pass(1000);
  expect(server.of("POST workflows/validate")).toHaveLength(1);
  useDocuments.setState({ open: [], active: null });
  expect(useProblems.getState().checked.size).toBe(0);
});

/** A request with news of how far it is. */
class Request {
  static last: Request;
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  readonly headers: Record<string, string> = {};
  status = 0;
  responseText = "";
  url = "";
  onload?: () => void;
  onloadend?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  constructor() {
    Request.last = this;
  }
  open = (_: string, url: string) => (this.url = url);
  setRequestHeader = (name: string, value: string) => (this.headers[name] = value);
  send = () => undefined;
  abort = () => this.onabort?.();
  answer(status: number, json: object) {
    [this.status, this.responseText] = [status, JSON.stringify(json)];
    this.onload?.();
    this.onloadend?.();
  }
}

test("an upload tells how far it is and gives the name that an input takes", async () => {
  vi.stubGlobal("XMLHttpRequest", Request);
  const sending = upload(new File(["1234"], "näh & so.png", { type: "image/png" }), { mask: true });
  Request.last.upload.onprogress?.({ loaded: 2, total: 4 });
  expect(useUploads.getState().sending).toMatchObject([{ name: "näh & so.png", sent: 2, total: 4 }]);
  expect([Request.last.url, Request.last.headers["Content-Type"]]).toEqual([
    "api/v1/uploads?name=n%C3%A4h+%26+so.png&folder=masks",
    "image/png",
  ]);

  Request.last.answer(201, { name: "masks/näh & so.png" });
  expect((await sending).name).toBe("masks/näh & so.png");
  expect(useUploads.getState()).toMatchObject({ sending: [], uploads: [{ name: "masks/näh & so.png" }] });
});

test("a refused upload stays to be seen, one that was given up does not", async () => {
  vi.stubGlobal("XMLHttpRequest", Request);
  const refused = upload(new File(["x"], "a.txt")).catch((error: unknown) => error);
  Request.last.answer(415, { problems: [{ code: "no-picture", message: "this is no picture" }] });
  await refused;
  const given = new AbortController();
  const stopped = upload(new File(["x"], "b.png"), { signal: given.signal }).catch((error: unknown) => error);
  given.abort(new Error("enough"));

  expect(await stopped).toMatchObject({ message: "enough" });
  expect(useUploads.getState().sending).toMatchObject([{ name: "a.txt", trouble: { message: "this is no picture" } }]);
});

test("of what is dropped, pictures are taken", () => {
  const files = [new File([""], "a.png", { type: "image/png" }), new File([""], "b.svg", { type: "image/svg+xml" })];

  expect(picturesIn({ files } as never).map(({ name }) => name)).toEqual(["a.png"]);
  expect(picturesIn(null)).toEqual([]);
});

test("the files that a workflow names are known", () => {
  expect(filesIn(PICTURE, REGISTRY)).toEqual([{ folder: "checkpoints", name: "tiny" }]);
});
