/** One job as the graph shows it: how each node stands, what it made, and what was said. */

import { splitPath } from "../graph/document/graphs";
import type { Workflow } from "../graph/document/model";
import type { Why } from "../graph/run/why";
import type {
  ArtifactKept,
  JobState,
  NodeFinished,
  NodeLogged,
  NodeProgress,
  NodeStarted,
  Problem,
  ProblemItem,
} from "../wire/schema.gen";
import { artifactUrl, thumbnailUrl } from "./api/files";
import type { EventMessage } from "./connection";
import type { Picture, Standing } from "./standing";

export interface LogLine {
  /** In seconds since 1970. */
  readonly at: number;
  readonly node: string | null;
  readonly kind: "said" | "file" | "state" | "problem";
  /** What a node said, a file's name, a state, or the problem's words. */
  readonly message: string;
}

export interface Making {
  readonly job: string;
  readonly workflow: Workflow;
  /** What it is expected to compute. */
  readonly paths: ReadonlySet<string>;
  readonly why: (path: string) => Why;
}

type NodeEvent = NodeStarted | NodeProgress | NodeFinished | NodeLogged | ArtifactKept;

/** Pictures up to this wide and high are shown as they are, larger ones as thumbnails. */
const SMALL = 512;
const LONGEST_LOG = 2000;

/** Changes in place, since a long run has many events; what it gives out is never changed. */
export class Run {
  readonly job: string;
  readonly workflow: Workflow;
  state: JobState = "queued";
  attempt = 0;
  cancelling = false;
  problem: ProblemItem | null = null;
  readonly nodes = new Map<string, Standing>();
  readonly pictures = new Map<string, Picture>();
  private lines: readonly LogLine[] | null = null;
  private readonly said: LogLine[] = [];
  /** Instances of subgraphs in which something changed. */
  private readonly stirred = new Set<string>();
  /** The number of its last event that counted. */
  private n = 0;
  private readonly leaves = new Map<string, Standing>();
  private readonly why: Making["why"];

  constructor({ job, workflow, paths, why }: Making) {
    this.job = job;
    this.workflow = workflow;
    this.why = why;
    for (const path of paths) this.set(path, { kind: "queued" });
    this.settle();
  }

  /** What was said; the same list until something is added. */
  get log(): readonly LogLine[] {
    return (this.lines ??= this.said.slice());
  }

  get ended(): boolean {
    return this.state === "done" || this.state === "failed" || this.state === "cancelled";
  }

  /** Take events in their order; one that is known already, or of an attempt that is over, changes nothing. */
  take(messages: readonly EventMessage[]): void {
    for (const message of messages) this.takeOne(message);
    this.settle();
  }

  private takeOne(message: EventMessage): void {
    if (message.attempt < this.attempt) return;
    if ("n" in message) {
      if (message.n <= this.n) return;
      this.n = message.n;
    }
    const at = "at" in message ? message.at : 0;
    const { event } = message;
    if (event.kind === "job.cancelling") this.cancelling = true;
    else if (event.kind === "job.state") this.enter(event.state, event.attempt, event.problem ?? null, at);
    else if (event.kind === "artifact.deleted") this.loseFile(event.sha256);
    else if (event.kind !== "job.deleted") this.takeNode(event, at);
  }

  private takeNode(event: NodeEvent, at: number): void {
    const { node } = event;
    switch (event.kind) {
      case "node.started":
        this.set(node, { kind: "running", done: 0, total: 0, remaining: null, since: at * 1000 });
        return;
      case "node.progress":
        if (!this.ended) this.set(node, progressed(event, this.leaves.get(node)));
        return;
      case "node.finished":
        this.set(node, finished(event, this.why));
        return;
      case "node.logged":
        this.say({ at, node, kind: "said", message: event.message });
        return;
      case "artifact.kept":
        this.say({ at, node, kind: "file", message: event.name });
        if (event.media_type.startsWith("image/")) this.picture(event);
    }
  }

  /** Show an unfinished picture. */
  preview(node: string, url: string): void {
    if (!this.ended) this.pictures.set(node, { url, alt: "", stale: false });
  }

  private enter(state: JobState, attempt: number, problem: Problem | null, at: number): void {
    this.attempt = Math.max(this.attempt, attempt);
    this.state = state;
    this.say({ at, node: null, kind: "state", message: state });
    if (state === "running") return;
    this.cancelling = false;
    this.problem = problem;
    // A new attempt goes on behind what had finished; an end leaves nothing waiting.
    const next = this.ended ? null : ({ kind: "queued" } as const);
    for (const [path, { kind }] of this.leaves) if (kind === "queued" || kind === "running") this.set(path, next);
    if (this.ended && problem) this.blame(problem, at);
  }

  private blame({ node = null, input = null, message }: Problem, at: number): void {
    this.say({ at, node, kind: "problem", message });
    if (node !== null) this.set(node, { kind: "error", message, input });
  }

  private picture({ node, sha256, name, width, height }: ArtifactKept): void {
    const side = Math.max(width ?? SMALL + 1, height ?? SMALL + 1);
    const url = side <= SMALL ? artifactUrl(sha256) : thumbnailUrl(sha256, SMALL);
    this.pictures.set(node, { url, alt: name, stale: false });
  }

  /** No card shows a picture that was deleted. */
  private loseFile(sha256: string): void {
    for (const [node, { url }] of this.pictures) if (url.includes(sha256)) this.pictures.delete(node);
  }

  private say(line: LogLine): void {
    this.said.push(line);
    if (this.said.length > LONGEST_LOG) this.said.shift();
    this.lines = null;
  }

  private set(path: string, standing: Standing | null): void {
    put(this.leaves, path, standing);
    put(this.nodes, path, standing);
    for (let parts = splitPath(path).slice(0, -1); parts.length > 0; parts = parts.slice(0, -1))
      this.stirred.add(parts.join("/"));
  }

  /** An instance of a subgraph stands as what is inside it. */
  private settle(): void {
    for (const outer of this.stirred) if (!this.leaves.has(outer)) put(this.nodes, outer, together(outer, this.leaves));
    this.stirred.clear();
  }
}

function progressed(event: NodeProgress, known: Standing | undefined): Standing {
  const { done, total, seconds = 0, remaining = null } = event;
  const since = known?.kind === "running" ? known.since : Date.now() - seconds * 1000;
  return { kind: "running", done, total, remaining, since };
}

function finished(event: NodeFinished, why: Making["why"]): Standing {
  switch (event.how) {
    case "ran":
      return { kind: "done", seconds: event.seconds ?? 0, why: why(event.node) };
    case "cached":
      return { kind: "cached" };
    case "blocked":
      return { kind: "blocked", reason: event.reason ?? null };
  }
}

/** What is most worth knowing of the nodes inside. */
function together(outer: string, leaves: ReadonlyMap<string, Standing>): Standing | null {
  const inside = [...leaves].filter(([path]) => path.startsWith(`${outer}/`)).map(([, standing]) => standing);
  for (const kind of ["error", "running", "queued", "blocked"] as const) {
    const found = inside.find((each) => each.kind === kind);
    if (found?.kind === "error") return { ...found, input: null };
    if (found) return found;
  }
  const ran = inside.filter((each) => each.kind === "done");
  if (ran.length === 0) return inside[0] ?? null;
  const first = ran.find(({ why }) => why.kind !== "upstream") ?? ran[0];
  const seconds = ran.reduce((sum, each) => sum + each.seconds, 0);
  return first ? { kind: "done", seconds, why: first.why } : null;
}

function put<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
