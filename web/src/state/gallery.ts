/** What jobs made, newest first, page by page, and new pictures as they come. */

import { create } from "zustand";

import type { Workflow } from "../graph/document/model";
import { ServerError } from "../wire/http";
import type { Artifact, ArtifactKept, ArtifactPage, JobPage, StoredMessage } from "../wire/schema.gen";
import { artifactUrl, fetchArtifacts } from "./api/files";
import { deleteJobFile, fetchJobFiles, fetchJobRequest, fetchJobs } from "./api/jobs";
import { listen, useConnection } from "./connection";
import { openDocument } from "./documents";
import { deleteJob } from "./jobs";
import { attempt } from "./notices";
import { upload } from "./uploads";

export interface GalleryFilter {
  readonly job: string | null;
  readonly purpose: "output" | "preview" | null;
  /** Such as `image/*`. */
  readonly mediaType: string | null;
}

interface Gallery {
  readonly filter: GalleryFilter;
  readonly pictures: readonly Artifact[];
  /** The cursor of the next page; null at the end. */
  readonly next: number | null;
  readonly loading: boolean;
  /** The first page is there. */
  readonly loaded: boolean;
  readonly trouble: ServerError | null;
}

const EVERYTHING: GalleryFilter = { job: null, purpose: "output", mediaType: "image/*" };
const PAGE = 100;

export const useGallery = create<Gallery>()(() => ({
  filter: EVERYTHING,
  pictures: [],
  next: null,
  loading: false,
  loaded: false,
  trouble: null,
}));

/** Show new pictures as they are made, and none of deleted jobs. Returns how to stop. */
export function followGallery(): () => void {
  return listen({
    onEvents: (messages) => {
      for (const message of messages) if ("seq" in message) take(message);
    },
    onRefresh: async () => {
      if (useGallery.getState().loaded) await loadGallery();
    },
  });
}

let asking: AbortController | null = null;

/** Read the first page, with another filter where one is given. */
export async function loadGallery(filter: Partial<GalleryFilter> = {}): Promise<void> {
  useGallery.setState((state) => ({ filter: { ...state.filter, ...filter }, next: null }));
  await read(null);
}

/** Read on, if there is more; asking again while it is read changes nothing. */
export async function loadMorePictures(): Promise<void> {
  const { next, loading } = useGallery.getState();
  if (next !== null && !loading) await read(next);
}

/** The workflow that made a picture, with the seeds that it used. */
export async function workflowOf(job: string): Promise<Workflow | undefined> {
  return (await attempt("openWorkflowOf", () => fetchJobRequest(job)))?.workflow;
}

/** The jobs of a workflow by its name, also those that are not in the queue's list any more. */
export async function jobsNamed(name: string): Promise<ReadonlySet<string> | undefined> {
  const client = useConnection.getState().me?.name ?? null;
  return attempt("loadJobs", async () => {
    const found = new Set<string>();
    for (let cursor: number | null = null, more = true; more; more = cursor !== null) {
      const page: JobPage = await fetchJobs({ name, client, cursor, limit: PAGE });
      for (const { id } of page.jobs) found.add(id);
      cursor = page.next;
    }
    return found;
  });
}

/** Open the workflow that made a picture in a tab of its own. */
export async function openWorkflowOf(job: string): Promise<void> {
  const workflow = await workflowOf(job);
  if (workflow) openDocument({ name: null, workflow });
}

/** All that a job made, the first first. */
export async function filesOf(job: string): Promise<readonly Artifact[] | undefined> {
  return attempt("loadJob", () => fetchJobFiles(job));
}

/** Delete a picture for good; its run stays, with what else it made. */
export async function deletePicture({ job, sha256 }: Pick<Artifact, "job" | "sha256">): Promise<boolean> {
  const done = await attempt("deletePicture", async () => {
    await deleteJobFile(job, sha256);
    return true;
  });
  if (done) drop(job, sha256);
  return done ?? false;
}

/** Delete a run for good, with all that it made. */
export async function deleteRun(job: string): Promise<boolean> {
  const done = await deleteJob(job);
  if (done) drop(job);
  return done;
}

/**
 * Put a picture that a job made among the uploads, and return the name by which an input takes it. A copy, so that
 * deleting the job does not break the workflow.
 */
export async function copyToInputs({ sha256, name, media_type: type }: Artifact): Promise<string | undefined> {
  const sent = await attempt("copyToInputs", async () => {
    const response = await fetch(artifactUrl(sha256)).catch(() => null);
    if (!response?.ok) throw new ServerError(response?.status ?? 0, []);
    return upload(new File([await response.blob()], name, { type }));
  });
  return sent?.name;
}

async function read(cursor: number | null): Promise<void> {
  asking?.abort();
  const mine = (asking = new AbortController());
  useGallery.setState({ loading: true });
  try {
    const page = await askPage(cursor, mine.signal);
    useGallery.setState(({ pictures }) => ({
      pictures: cursor === null ? page.artifacts : [...pictures, ...fresh(pictures, page.artifacts)],
      next: page.next,
      loaded: true,
      trouble: null,
    }));
  } catch (error) {
    if (mine.signal.aborted) return;
    if (!(error instanceof ServerError)) throw error;
    useGallery.setState({ trouble: error });
  } finally {
    if (asking === mine) useGallery.setState({ loading: false });
  }
}

function askPage(cursor: number | null, signal: AbortSignal): Promise<ArtifactPage> {
  const { job, purpose, mediaType } = useGallery.getState().filter;
  const client = useConnection.getState().me?.name ?? null;
  return fetchArtifacts({ job, purpose, media_type: mediaType, client, cursor, limit: PAGE }, signal);
}

function fresh(known: readonly Artifact[], more: readonly Artifact[]): readonly Artifact[] {
  const keys = new Set(known.map(keyOf));
  return more.filter((each) => !keys.has(keyOf(each)));
}

/** The same bytes can come from several jobs and nodes. */
export function keyOf({ job, node, sha256 }: Artifact): string {
  return `${job}/${node}/${sha256}`;
}

function take({ event, job, at }: StoredMessage): void {
  if (event.kind === "job.deleted") drop(job);
  if (event.kind === "artifact.deleted") drop(job, event.sha256);
  const { filter, loaded } = useGallery.getState();
  if (event.kind !== "artifact.kept" || !loaded || !wanted(event, job, filter)) return;
  const { sha256, media_type, name, size, width = null, height = null, purpose, node } = event;
  const made: Artifact = { sha256, media_type, name, size, width, height, purpose, job, node, created: at };
  useGallery.setState(({ pictures }) => ({ pictures: [...fresh(pictures, [made]), ...pictures] }));
}

function wanted(event: ArtifactKept, job: string, { job: only, purpose, mediaType }: GalleryFilter): boolean {
  const type = mediaType?.endsWith("/*") ? event.media_type.startsWith(mediaType.slice(0, -1)) : null;
  return (
    (only === null || only === job) &&
    (purpose === null || purpose === event.purpose) &&
    (mediaType === null || (type ?? event.media_type === mediaType))
  );
}

/** Show a job's pictures no longer, or those with these bytes. */
function drop(job: string, sha256: string | null = null): void {
  useGallery.setState(({ pictures }) => {
    const left = pictures.filter((each) => each.job !== job || (sha256 !== null && each.sha256 !== sha256));
    return left.length === pictures.length ? {} : { pictures: left };
  });
}
