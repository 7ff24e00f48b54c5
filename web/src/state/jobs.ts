/** The queue and what was run lately, kept up to date by events. */

import { create } from "zustand";
import { useShallow } from "zustand/react/shallow";

import type { Job, JobProgress, JobState } from "../wire/schema.gen";
import {
  actOnJob,
  cancelJobs,
  clearJobs,
  deleteJob as deleteOnServer,
  fetchJobs,
  fetchQueue,
  moveJob as moveOnServer,
  prioritiseJob,
  setPaused,
  type JobAct,
} from "./api/jobs";
import { listen, useConnection, type EventMessage } from "./connection";
import { attempt } from "./notices";

interface Jobs {
  readonly jobs: ReadonlyMap<string, Job>;
  /** How far the running ones are: apart from the jobs, so that a step draws one bar anew. */
  readonly progress: ReadonlyMap<string, JobProgress>;
  readonly paused: boolean;
  /** How many there are in each state, those that are not listed here included. */
  readonly counts: Readonly<Record<string, number>>;
  /** The cursor of older jobs; null where there are none. */
  readonly older: number | null;
  readonly loaded: boolean;
}

export const useJobs = create<Jobs>()(() => ({
  jobs: new Map(),
  progress: new Map(),
  paused: false,
  counts: {},
  older: null,
  loaded: false,
}));

const WAITING: readonly JobState[] = ["queued", "held", "running"];
const ENDED: readonly JobState[] = ["done", "failed", "cancelled"];
const PAGE = 100;
const PAUSE = 200;

export function hasEnded(state: JobState): boolean {
  return ENDED.includes(state);
}

/** What runs first, then what waits in the order of its turn, then what is held. Draws anew only when a row changes. */
export function useWaitingJobs(): readonly Job[] {
  return useJobs(useShallow(({ jobs }) => waitingJobs(jobs)));
}

/** What has ended, the last first. */
export function useEndedJobs(): readonly Job[] {
  return useJobs(
    useShallow(({ jobs }) =>
      [...jobs.values()]
        .filter(({ state }) => hasEnded(state))
        .sort((one, other) => (other.finished ?? other.created) - (one.finished ?? one.created)),
    ),
  );
}

export function useJob(id: string): Job | undefined {
  return useJobs(({ jobs }) => jobs.get(id));
}

export function useJobProgress(id: string): JobProgress | undefined {
  return useJobs(({ progress }) => progress.get(id));
}

export function waitingJobs(jobs: ReadonlyMap<string, Job>): readonly Job[] {
  const rank = ({ state, position }: Job) =>
    state === "running" ? -1 : state === "held" ? Infinity : (position ?? 1e9);
  return [...jobs.values()]
    .filter(({ state }) => WAITING.includes(state))
    .sort((one, other) => (rank(one) === rank(other) ? one.created - other.created : rank(one) - rank(other)));
}

/** Keep the jobs up to date. Returns how to stop. */
export function followJobs(): () => void {
  const stop = listen({ onRefresh: refreshJobs, onEvents: takeEvents });
  return () => {
    stop();
    clearTimeout(timer);
    timer = undefined;
  };
}

/** Read the queue and the newest jobs anew. */
export async function refreshJobs(): Promise<void> {
  const client = useConnection.getState().me?.name ?? null;
  const [waiting, newest, queue] = await Promise.all([
    fetchJobs({ state: [...WAITING], client, limit: PAGE }),
    fetchJobs({ state: [...ENDED], client, limit: PAGE / 2 }),
    fetchQueue(),
  ]);
  const listed = [...waiting.jobs, ...newest.jobs];
  useJobs.setState(({ jobs, progress, older, loaded }) => ({
    // Older pages that were read stay, unless they wait, for then they would be listed.
    jobs: new Map([
      ...[...jobs].filter(([, job]) => hasEnded(job.state)),
      ...listed.map((job) => [job.id, job] as const),
    ]),
    progress: new Map(listed.flatMap((job) => (job.progress ? [[job.id, progress.get(job.id) ?? job.progress]] : []))),
    paused: queue.paused,
    counts: queue.counts,
    older: loaded ? older : newest.next,
    loaded: true,
  }));
}

/** Read the next page of ended jobs. */
export async function loadOlderJobs(): Promise<void> {
  const { older } = useJobs.getState();
  const client = useConnection.getState().me?.name ?? null;
  if (older === null) return;
  const page = await attempt("loadJobs", () =>
    fetchJobs({ state: [...ENDED], client, cursor: older, limit: PAGE / 2 }),
  );
  if (!page) return;
  useJobs.setState(({ jobs }) => ({
    jobs: new Map([...page.jobs.map((job) => [job.id, job] as const), ...jobs]),
    older: page.next,
  }));
}

export const cancelJob = (id: string) => act("cancelJob", id, "cancel");
export const retryJob = (id: string) => act("retryJob", id, "retry");
export const holdJob = (id: string) => act("holdJob", id, "hold");
export const releaseJob = (id: string) => act("releaseJob", id, "release");

export async function moveJob(id: string, where: { before: string } | { to: "front" | "back" }): Promise<void> {
  note(await attempt("moveJob", () => moveOnServer(id, where)));
}

export async function setPriority(id: string, priority: number): Promise<void> {
  note(await attempt("setPriority", () => prioritiseJob(id, priority)));
}

/** Delete a job that has ended, with its pictures. */
export async function deleteJob(id: string): Promise<boolean> {
  const done = await attempt("deleteJob", async () => {
    await deleteOnServer(id);
    forget(id);
    return true;
  });
  return done ?? false;
}

export async function cancelAll(): Promise<void> {
  await attempt("cancelAll", cancelJobs);
  refreshSoon();
}

/** Delete all jobs that have ended, with their pictures. */
export async function clearEnded(): Promise<void> {
  const cleared = await attempt("clearEnded", clearJobs);
  if (cleared === undefined) return;
  useJobs.setState(({ jobs }) => ({ jobs: new Map([...jobs].filter(([, job]) => !hasEnded(job.state))), older: null }));
}

/** Hand out no more jobs, or go on; administrators only. What runs goes on. */
export async function pauseQueue(paused: boolean): Promise<void> {
  const queue = await attempt(paused ? "pauseQueue" : "resumeQueue", () => setPaused(paused));
  if (queue) useJobs.setState({ paused: queue.paused, counts: queue.counts });
}

async function act(words: string, id: string, what: JobAct): Promise<void> {
  note(await attempt(words, () => actOnJob(id, what)));
}

function note(job: Job | undefined): void {
  if (!job) return;
  useJobs.setState(({ jobs }) => ({ jobs: new Map(jobs).set(job.id, job) }));
  refreshSoon(); // others have moved
}

function forget(id: string): void {
  useJobs.setState(({ jobs, progress }) => ({
    jobs: new Map([...jobs].filter(([each]) => each !== id)),
    progress: new Map([...progress].filter(([each]) => each !== id)),
  }));
}

function takeEvents(messages: readonly EventMessage[]): void {
  const { jobs, progress } = useJobs.getState();
  const [nextJobs, nextProgress] = [new Map(jobs), new Map(progress)];
  let moved = false;
  let stepped = false;
  for (const message of messages) {
    moved = takeJobEvent(nextJobs, nextProgress, message) || moved;
    stepped = takeProgress(nextProgress, message) || stepped;
  }
  if (moved) useJobs.setState({ jobs: nextJobs, progress: nextProgress });
  else if (stepped) useJobs.setState({ progress: nextProgress });
  if (moved) refreshSoon();
}

function takeJobEvent(jobs: Map<string, Job>, progress: Map<string, JobProgress>, message: EventMessage): boolean {
  const { event, job: id } = message;
  const known = jobs.get(id);
  switch (event.kind) {
    case "job.state": {
      const { state, problem = null, attempt: number } = event;
      const at = "at" in message ? message.at : 0;
      if (hasEnded(state)) progress.delete(id);
      if (!known) return true;
      jobs.set(id, {
        ...known,
        state,
        attempt: number,
        problem: problem ?? (hasEnded(state) ? known.problem : null),
        cancelling: hasEnded(state) ? false : known.cancelling,
        started: state === "running" ? at : known.started,
        finished: hasEnded(state) ? at : null,
      });
      return true;
    }
    case "job.cancelling":
      if (known) jobs.set(id, { ...known, cancelling: true });
      return known !== undefined;
    case "job.deleted":
      progress.delete(id);
      return jobs.delete(id);
    default:
      return false;
  }
}

function takeProgress(progress: Map<string, JobProgress>, { event, job }: EventMessage): boolean {
  const known = progress.get(job) ?? { nodes_done: 0, nodes_total: 0 };
  switch (event.kind) {
    case "node.started":
      progress.set(job, { ...known, node: event.node, done: null, total: null, seconds: null, remaining: null });
      return true;
    case "node.progress": {
      const { node, done, total, seconds = null, remaining = null } = event;
      progress.set(job, { ...known, node, done, total, seconds, remaining });
      return true;
    }
    case "node.finished":
      progress.set(job, { ...known, nodes_done: known.nodes_done + 1 });
      return true;
    default:
      return false;
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Places in the queue and outputs are the server's to tell; many events in a row ask once. */
function refreshSoon(): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    void attempt("loadJobs", refreshJobs);
  }, PAUSE);
}
