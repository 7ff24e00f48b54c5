/** Jobs and the queue, as the server keeps them. */

import type { Workflow } from "../../graph/document/model";
import { isList } from "../../graph/json/value";
import { ask, askJson, pathTo, type Query } from "../../wire/http";
import type {
  Artifact,
  ArtifactList,
  EventList,
  Job,
  JobPage,
  JobQuery,
  JobsChanged,
  JobTicket,
  Queue,
  StoredMessage,
  Validation,
} from "../../wire/schema.gen";
import { fieldsOf, workflowIn } from "./reading";
import { jsonOf } from "./texts";

export interface Submission {
  readonly workflow: Workflow;
  readonly targets?: readonly string[] | null;
  readonly labels?: readonly string[];
  readonly priority?: number;
  readonly held?: boolean;
}

export interface Requested {
  readonly workflow: Workflow;
  readonly targets: readonly string[] | null;
}

/** Store a job. The same key makes one job, however often it is sent. Throws ServerError 422 with all problems. */
export async function submitJob(submission: Submission, key: string): Promise<JobTicket> {
  return askJson("POST", pathTo("jobs"), { json: bodyOf(submission), headers: { "Idempotency-Key": key } });
}

export async function validateWorkflow(
  workflow: Workflow,
  targets: readonly string[] | null,
  signal?: AbortSignal,
): Promise<Validation> {
  return askJson("POST", pathTo("workflows", "validate"), { json: bodyOf({ workflow, targets }), signal });
}

export async function fetchJob(id: string): Promise<Job> {
  return askJson("GET", pathTo("jobs", id));
}

/** All files that a job's nodes saved, in their order. */
export async function fetchJobFiles(id: string): Promise<readonly Artifact[]> {
  return (await askJson<ArtifactList>("GET", pathTo("jobs", id, "artifacts"))).artifacts;
}

export async function fetchJobs(query: JobQuery, signal?: AbortSignal): Promise<JobPage> {
  return askJson("GET", pathTo("jobs"), { query: query as Query, signal });
}

/** All stored events of a job, the first first. */
export async function fetchEvents(id: string): Promise<readonly StoredMessage[]> {
  const found: StoredMessage[] = [];
  for (let after = 0, more = true; more;) {
    const page = await askJson<EventList>("GET", pathTo("jobs", id, "events"), { query: { after } });
    found.push(...page.events);
    ({ after, more } = page);
  }
  return found;
}

/** What a job runs, with its inputs set as they were, so that it can be opened as a document. */
export async function fetchJobRequest(id: string): Promise<Requested> {
  const fields = fieldsOf((await ask("GET", pathTo("jobs", id, "workflow"))).text);
  const targets = fields.get("targets") ?? null;
  return { workflow: workflowIn(fields), targets: isList(targets) ? targets.map(String) : null };
}

export type JobAct = "cancel" | "retry" | "hold" | "release";

export async function actOnJob(id: string, act: JobAct): Promise<Job> {
  return askJson("POST", pathTo("jobs", id, act));
}

export async function moveJob(id: string, where: { before: string } | { to: "front" | "back" }): Promise<Job> {
  return askJson("POST", pathTo("jobs", id, "move"), { json: JSON.stringify(where) });
}

export async function prioritiseJob(id: string, priority: number): Promise<Job> {
  return askJson("PATCH", pathTo("jobs", id), { json: JSON.stringify({ priority }) });
}

export async function deleteJob(id: string): Promise<void> {
  await ask("DELETE", pathTo("jobs", id));
}

/** Delete a file of a job that has ended. */
export async function deleteJobFile(id: string, sha256: string): Promise<void> {
  await ask("DELETE", pathTo("jobs", id, "artifacts", sha256));
}

export async function cancelJobs(): Promise<number> {
  return (await askJson<JobsChanged>("POST", pathTo("jobs", "cancel"))).jobs;
}

/** Delete all jobs that have ended, with their pictures. */
export async function clearJobs(): Promise<number> {
  return (await askJson<JobsChanged>("POST", pathTo("jobs", "clear"))).jobs;
}

export async function fetchQueue(): Promise<Queue> {
  return askJson("GET", pathTo("queue"));
}

export async function setPaused(paused: boolean): Promise<Queue> {
  return askJson("POST", pathTo("queue", paused ? "pause" : "resume"));
}

/** A workflow out of a picture or a file, brought up to date. */
export async function convertFile(file: Blob): Promise<Workflow> {
  const mediaType = file.type === "image/png" ? file.type : "application/octet-stream";
  const { text } = await ask("POST", pathTo("workflows", "convert"), { bytes: file, mediaType });
  return workflowIn(fieldsOf(text));
}

/** The workflow is written by our own hand; the rest holds no numbers that JavaScript would spoil. */
function bodyOf({ workflow, ...rest }: Submission): string {
  const others = JSON.stringify(rest).slice(1);
  return `{"workflow": ${jsonOf(workflow)}${others === "}" ? "" : ", "}${others}`;
}
