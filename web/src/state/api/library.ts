/** Saved workflows, their revisions, drafts and the bin, as the server keeps them. */

import type { Workflow } from "../../graph/document/model";
import { isObject } from "../../graph/json/value";
import { ask, askJson, pathTo, type Asking } from "../../wire/http";
import type {
  DeletedEntry,
  DeletedList,
  DraftEntry,
  DraftList,
  RevisionEntry,
  RevisionList,
  WorkflowList,
} from "../../wire/schema.gen";
import { fieldsOf, numberOf, textOf, workflowIn } from "./reading";
import { jsonOf } from "./texts";

export type Source = "own" | "template";

export interface Fetched {
  readonly name: string;
  readonly template: boolean;
  readonly revision: string;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly workflow: Workflow;
  /** Is there something that was not saved? */
  readonly draft: boolean;
}

export interface Draft {
  readonly name: string;
  /** The revision that it was made from; null for something new. */
  readonly base: string | null;
  readonly modified: number;
  readonly workflow: Workflow;
}

/** What a save must find: a revision, nothing (`new`), or whatever there is (`any`). */
export type Expected = { readonly revision: string } | "new" | "any";

export async function fetchLibrary(): Promise<WorkflowList> {
  return askJson("GET", pathTo("workflows"));
}

export async function fetchWorkflow(name: string, source?: Source): Promise<Fetched> {
  return documentIn((await ask("GET", pathTo("workflows", name), { query: { source } })).text);
}

/** Save; throws ServerError 409 with `etag` where something else is there than was expected. */
export async function saveWorkflow(name: string, workflow: Workflow, expected: Expected): Promise<Fetched> {
  const asking = { json: `{"workflow": ${jsonOf(workflow)}}`, headers: precondition(expected) };
  return documentIn((await ask("PUT", pathTo("workflows", name), asking)).text);
}

export async function deleteWorkflow(name: string, revision?: string): Promise<DeletedEntry> {
  return askJson("DELETE", pathTo("workflows", name), matching(revision));
}

export async function renameWorkflow(name: string, to: string, revision?: string): Promise<Fetched> {
  const asking = { json: JSON.stringify({ to }), ...matching(revision) };
  return documentIn((await ask("POST", pathTo("workflows", name, "rename"), asking)).text);
}

export async function duplicateWorkflow(name: string, to: string, source?: Source): Promise<Fetched> {
  const asking = { json: JSON.stringify({ to }), query: { source } };
  return documentIn((await ask("POST", pathTo("workflows", name, "duplicate"), asking)).text);
}

export async function fetchRevisions(name: string): Promise<readonly RevisionEntry[]> {
  return (await askJson<RevisionList>("GET", pathTo("workflows", name, "revisions"))).revisions;
}

export async function fetchRevision(name: string, revision: string): Promise<Workflow> {
  return workflowIn(fieldsOf((await ask("GET", pathTo("workflows", name, "revisions", revision))).text));
}

export async function restoreRevision(name: string, revision: string, expected: string): Promise<Fetched> {
  const asking = { json: JSON.stringify({ revision }), ...matching(expected) };
  return documentIn((await ask("POST", pathTo("workflows", name, "restore"), asking)).text);
}

export async function fetchDrafts(): Promise<readonly DraftEntry[]> {
  return (await askJson<DraftList>("GET", pathTo("drafts"))).drafts;
}

export async function fetchDraft(name: string): Promise<Draft> {
  const fields = fieldsOf((await ask("GET", pathTo("workflows", name, "draft"))).text);
  return {
    name,
    base: textOf(fields, "base"),
    modified: numberOf(fields, "modified"),
    workflow: workflowIn(fields),
  };
}

export async function saveDraft(name: string, workflow: Workflow, base: string | null): Promise<DraftEntry> {
  const json = `{"base": ${JSON.stringify(base)}, "workflow": ${jsonOf(workflow)}}`;
  return askJson("PUT", pathTo("workflows", name, "draft"), { json });
}

export async function deleteDraft(name: string): Promise<void> {
  await ask("DELETE", pathTo("workflows", name, "draft"));
}

export async function fetchBin(): Promise<readonly DeletedEntry[]> {
  return (await askJson<DeletedList>("GET", pathTo("bin"))).workflows;
}

export async function restoreDeleted(id: string, to: string | null = null): Promise<Fetched> {
  return documentIn((await ask("POST", pathTo("bin", id, "restore"), { json: JSON.stringify({ to }) })).text);
}

export async function forgetDeleted(id: string): Promise<void> {
  await ask("DELETE", pathTo("bin", id));
}

export async function emptyBin(): Promise<void> {
  await ask("DELETE", pathTo("bin"));
}

function documentIn(text: string): Fetched {
  const fields = fieldsOf(text);
  return {
    name: textOf(fields, "name") ?? "",
    template: fields.get("template") === true,
    revision: textOf(fields, "revision") ?? "",
    modified: numberOf(fields, "modified"),
    workflow: workflowIn(fields),
    draft: isObject(fields.get("draft")),
  };
}

function precondition(expected: Expected): Record<string, string> {
  if (expected === "new") return { "If-None-Match": "*" };
  return { "If-Match": expected === "any" ? "*" : `"${expected.revision}"` };
}

function matching(revision: string | undefined): Asking {
  return revision === undefined ? {} : { headers: { "If-Match": `"${revision}"` } };
}
