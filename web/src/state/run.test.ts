import { expect, test } from "vitest";

import { makeSubgraph } from "../graph/edit/subgraphs";
import { runPaths } from "../graph/run/paths";
import { PICTURE, REGISTRY } from "../graph/testing";
import { Run } from "./run";
import { teller } from "./testing";

const runOf = (workflow = PICTURE) =>
  new Run({ job: "j", workflow, paths: runPaths(workflow, REGISTRY, null), why: () => ({ kind: "first" }) });
const state = (kind: "queued" | "running" | "done" | "failed" | "cancelled", problem: object | null = null) =>
  ({ kind: "job.state", state: kind, attempt: 1, problem }) as never;
const started = (node: string) => ({ kind: "node.started", node, type: "T" }) as const;
const ran = (node: string, seconds = 1) => ({ kind: "node.finished", node, how: "ran", seconds }) as const;
const step = (node: string, done: number) => ({
  job: "j",
  attempt: 1,
  event: { kind: "node.progress", node, done, total: 20, seconds: 2, remaining: 3 } as const,
});
const kinds = (run: Run) => Object.fromEntries([...run.nodes].map(([path, { kind }]) => [path, kind]));

test("nodes wait, run, finish, and nothing waits after the end", () => {
  const [run, say] = [runOf(), teller()];
  run.take([say("j", state("running")), say("j", started("positive")), say("j", ran("positive", 0.5))]);
  run.take([say("j", { kind: "node.finished", node: "checkpoint", how: "cached" }), say("j", started("sampler"))]);
  run.take([step("sampler", 14)]);

  expect(run.nodes.get("positive")).toEqual({ kind: "done", seconds: 0.5, why: { kind: "first" } });
  expect(run.nodes.get("sampler")).toMatchObject({ kind: "running", done: 14, total: 20, remaining: 3 });
  expect(kinds(run)).toMatchObject({ checkpoint: "cached", decode: "queued" });
  run.take([say("j", state("done"))]);
  expect(kinds(run)).toEqual({ positive: "done", checkpoint: "cached" });
});

test("what is known already changes nothing", () => {
  const [run, say] = [runOf(), teller()];
  const events = [say("j", state("running")), say("j", started("sampler")), say("j", ran("sampler"))];
  run.take(events);
  const [before, log] = [run.nodes.get("sampler"), run.log];
  run.take(events);

  expect(run.nodes.get("sampler")).toBe(before);
  expect(run.log).toBe(log);
});

test("a failure stands at its node and input, in the log and at the run", () => {
  const [run, say] = [runOf(), teller()];
  const problem = { code: "oom", message: "no room", node: "sampler", input: "latent_image" };
  run.take([say("j", state("running")), say("j", started("sampler")), say("j", state("failed", problem))]);

  expect(kinds(run)).toEqual({ sampler: "error" });
  expect(run.nodes.get("sampler")).toMatchObject({ message: "no room", input: "latent_image" });
  expect([run.problem?.code, run.log.at(-1)?.message]).toEqual(["oom", "no room"]);
});

test("a new attempt goes on behind what had finished; the old one is not heard any more", () => {
  const [run, say] = [runOf(), teller()];
  run.take([say("j", state("running")), say("j", ran("positive")), say("j", started("sampler"))]);
  run.take([{ ...say("j", state("queued")), event: { kind: "job.state", state: "queued", attempt: 2 } }]);
  expect(kinds(run)).toMatchObject({ positive: "done", sampler: "queued" });

  run.take([step("sampler", 9)]);
  expect(kinds(run).sampler).toBe("queued");
});

test("progress that comes after the end is no progress", () => {
  const [run, say] = [runOf(), teller()];
  run.take([say("j", state("cancelled"))]);
  run.take([step("sampler", 9)]);

  expect(run.nodes.size).toBe(0);
});

test("an instance of a subgraph stands as what is most worth knowing inside it", () => {
  const nested = makeSubgraph(PICTURE, null, new Set(["positive", "sampler"]), "Inner").workflow;
  const [run, say] = [runOf(nested), teller()];
  expect(kinds(run).inner).toBe("queued");

  run.take([say("j", ran("inner/positive", 2)), say("j", started("inner/sampler"))]);
  expect(run.nodes.get("inner")?.kind).toBe("running");
  run.take([say("j", ran("inner/sampler", 3))]);
  expect(run.nodes.get("inner")).toMatchObject({ kind: "done", seconds: 5 });
});

test("a small picture is shown as it is, a large one as a thumbnail, and other files are only told", () => {
  const [run, say] = [runOf(), teller()];
  const file = { kind: "artifact.kept", purpose: "output", sha256: "ab", size: 1, name: "a.png" } as const;
  run.take([say("j", { ...file, node: "save", media_type: "image/png", width: 128, height: 128 })]);
  run.take([say("j", { ...file, node: "large", media_type: "image/png", width: 2048, height: 64 })]);
  run.take([say("j", { ...file, node: "text", media_type: "text/plain" })]);

  expect([...run.pictures].map(([node, { url }]) => [node, url])).toEqual([
    ["save", "api/v1/artifacts/ab"],
    ["large", "api/v1/artifacts/ab/thumbnail?size=512"],
  ]);
  expect(run.log.filter(({ kind }) => kind === "file")).toHaveLength(3);
});
