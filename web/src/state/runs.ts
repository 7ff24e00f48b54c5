/** Which job belongs to which open document, and which of them the graph shows. */

import { create } from "zustand";

import type { Workflow } from "../graph/document/model";
import { runPaths } from "../graph/run/paths";
import { whyRan } from "../graph/run/why";
import type { Preview } from "../wire/frames";
import type { Job, JobState, ProblemItem } from "../wire/schema.gen";
import { fetchEvents, fetchJobRequest, fetchJobs, type Requested } from "./api/jobs";
import { listen, useConnection, type EventMessage } from "./connection";
import { activeDocument, useDocuments } from "./documents";
import { useRegistry } from "./registry";
import { Run, type LogLine } from "./run";
import { showStandings, type Picture } from "./standing";

export interface RunView {
  readonly job: string;
  readonly state: JobState;
  readonly ended: boolean;
  readonly cancelling: boolean;
  readonly problem: ProblemItem | null;
  readonly log: readonly LogLine[];
  /** What it computes, with the seeds that were drawn. */
  readonly workflow: Workflow;
}

interface Runs {
  /** The run that is shown, by document. */
  readonly shown: ReadonlyMap<string, RunView>;
}

export const useRuns = create<Runs>()(() => ({ shown: new Map() }));

/** The run of the active document: the one that works, else the next, else the last. */
export function useActiveRun(): RunView | null {
  const active = useDocuments((state) => state.active);
  return useRuns(({ shown }) => (active === null ? null : (shown.get(active) ?? null)));
}

interface Tab {
  /** In the order in which they were submitted. */
  readonly runs: Run[];
  /** The pictures of the run before, until the new one has its own. */
  stale: ReadonlyMap<string, Picture>;
}

const KEPT_RUNS = 20;
const KEPT_EVENTS = 2000;
const RESTORED = 2;
const KEPT_PREVIEW = 1000;

const tabs = new Map<string, Tab>();
const owners = new Map<string, string>();
/** Events may come before the answer that says which job they are of. */
let recent: EventMessage[] = [];
const urls = new Map<string, string>();

/** What marks a job as one of this document, also after the page was loaded anew. */
export function labelOf(document: string): string {
  return `tab:${document}`;
}

/** The document whose run a job is, if it is open here. */
export function documentOf(job: Job): string | null {
  return owners.get(job.id) ?? job.labels.find((each) => each.startsWith("tab:"))?.slice(4) ?? null;
}

/** The workflow that the last job of a document computes; null where it had none. */
export function lastRunOf(document: string): Workflow | null {
  return tabs.get(document)?.runs.at(-1)?.workflow ?? null;
}

/** Remember a job as one of this document and show it when its turn comes. */
export function addRun(
  document: string,
  job: string,
  { workflow, targets }: Requested,
  history: readonly EventMessage[] = [],
): void {
  if (owners.has(job)) return;
  const { registry } = useRegistry.getState();
  const tab = tabOf(document);
  const run = new Run({
    job,
    workflow,
    paths: runPaths(workflow, registry, targets),
    why: whyRan(tab.runs.at(-1)?.workflow ?? null, workflow, registry),
  });
  owners.set(job, document);
  const before = shownOf(tab);
  if (before?.ended) tab.stale = outdated(tab, before);
  tab.runs.push(run);
  forgetOldest(tab);
  run.take([...history, ...recent.filter((each) => each.job === job)]);
  publish(document);
}

/** Keep runs up to date, and show those of the active document. Returns how to stop. */
export function followRuns(): () => void {
  let { active } = useDocuments.getState();
  const stops = [
    listen({ onEvents: takeEvents, onPreviews: takePreviews, onRefresh: refreshRuns }),
    useDocuments.subscribe((state) => {
      for (const id of tabs.keys()) if (!state.open.some((each) => each.id === id)) close(id);
      if (state.active === active) return;
      ({ active } = state);
      show();
    }),
  ];
  show();
  return () => {
    stops.forEach((stop) => stop());
    for (const id of [...tabs.keys()]) close(id);
    recent = [];
  };
}

/** Find the jobs of an open document again, after the page was loaded anew, with all that has happened. */
export async function restoreRuns(document: string): Promise<void> {
  const client = useConnection.getState().me?.name ?? null;
  const { jobs } = await fetchJobs({ label: labelOf(document), client, limit: RESTORED });
  const waiting = await fetchJobs({ label: labelOf(document), client, state: ["running", "queued"], limit: KEPT_RUNS });
  const all = new Map([...jobs, ...waiting.jobs].map((job) => [job.id, job]));
  for (const job of [...all.values()].sort((one, other) => one.created - other.created)) {
    const [request, events] = await Promise.all([fetchJobRequest(job.id), fetchEvents(job.id)]);
    addRun(document, job.id, request, events);
  }
}

async function refreshRuns(): Promise<void> {
  for (const { id } of useDocuments.getState().open) {
    const tab = tabs.get(id);
    if (!tab) await restoreRuns(id);
    for (const run of tab?.runs ?? []) if (!run.ended) run.take(await fetchEvents(run.job));
    publish(id);
  }
}

function takeEvents(messages: readonly EventMessage[]): void {
  recent = [...recent, ...messages].slice(-KEPT_EVENTS);
  const touched = new Set<string>();
  for (const job of new Set(messages.map((each) => each.job))) {
    const document = owners.get(job);
    if (document === undefined) continue;
    runOf(job)?.take(messages.filter((each) => each.job === job));
    touched.add(document);
  }
  for (const document of touched) publish(document);
}

function takePreviews(previews: readonly Preview[]): void {
  const touched = new Set<string>();
  for (const { job, node, bytes, media_type: type } of previews) {
    const document = owners.get(job);
    if (document === undefined) continue;
    runOf(job)?.preview(node, previewUrl(`${document}/${node}`, new Blob([bytes], { type })));
    touched.add(document);
  }
  for (const document of touched) publish(document);
}

/** The address of an unfinished picture. The one before is given up once the page has had time to let go of it. */
function previewUrl(key: string, picture: Blob): string {
  const old = urls.get(key);
  if (old !== undefined) setTimeout(() => URL.revokeObjectURL(old), KEPT_PREVIEW);
  const url = URL.createObjectURL(picture);
  urls.set(key, url);
  return url;
}

function runOf(job: string): Run | undefined {
  const document = owners.get(job);
  return document === undefined ? undefined : tabs.get(document)?.runs.find((each) => each.job === job);
}

function tabOf(document: string): Tab {
  const tab = tabs.get(document) ?? { runs: [], stale: new Map() };
  tabs.set(document, tab);
  return tab;
}

/** Runs that wait or work are kept, however many there are. */
function forgetOldest({ runs }: Tab): void {
  const ended = runs.filter((each) => each.ended);
  for (const run of ended.slice(0, Math.max(0, ended.length - KEPT_RUNS))) {
    runs.splice(runs.indexOf(run), 1);
    owners.delete(run.job);
  }
}

function shownOf({ runs }: Tab): Run | undefined {
  return runs.find((each) => each.state === "running") ?? runs.find((each) => !each.ended) ?? runs.at(-1);
}

function outdated(tab: Tab, run: Run): ReadonlyMap<string, Picture> {
  const pictures = new Map([...tab.stale, ...run.pictures]);
  return new Map([...pictures].map(([path, picture]) => [path, { ...picture, stale: true }] as const));
}

function publish(document: string): void {
  const tab = tabs.get(document);
  const run = tab && shownOf(tab);
  if (!run) return;
  const { job, state, ended, cancelling, problem, log, workflow } = run;
  const view: RunView = { job, state, ended, cancelling, problem, log, workflow };
  const known = useRuns.getState().shown.get(document);
  const same = known && (Object.keys(view) as (keyof RunView)[]).every((key) => known[key] === view[key]);
  if (!same) useRuns.setState(({ shown }) => ({ shown: new Map(shown).set(document, view) }));
  if (document === useDocuments.getState().active) show();
}

function show(): void {
  const document = activeDocument(useDocuments.getState());
  const tab = document ? tabs.get(document.id) : undefined;
  const run = tab && shownOf(tab);
  if (!run) showStandings(new Map(), new Map());
  else showStandings(run.nodes, new Map([...tab.stale, ...run.pictures]));
}

function close(document: string): void {
  for (const run of tabs.get(document)?.runs ?? []) owners.delete(run.job);
  tabs.delete(document);
  for (const [key, url] of urls) {
    if (!key.startsWith(`${document}/`)) continue;
    URL.revokeObjectURL(url);
    urls.delete(key);
  }
  useRuns.setState(({ shown }) => ({ shown: new Map([...shown].filter(([id]) => id !== document)) }));
}
