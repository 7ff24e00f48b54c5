/** Asking our server. Documents travel as text that is read without losing digits. */

import { workflowFrom } from "../graph/document/read";
import type { Workflow } from "../graph/document/model";
import { isObject } from "../graph/json/value";
import { parseJson } from "../graph/json/parse";
import { registryFrom } from "../graph/types/fromWire";
import type { Registry } from "../graph/types/nodeType";
import type { NodeList, ProblemItem, ProblemList, WorkflowList } from "../wire/schema.gen";

/** The server said no, or nothing (status 0). */
export class ServerError extends Error {
  override readonly name = "ServerError";

  constructor(
    readonly status: number,
    readonly problems: readonly ProblemItem[],
  ) {
    super(problems[0]?.message ?? (status === 0 ? "no connection to the server" : `the server answered ${status}`));
  }
}

export interface Fetched {
  readonly name: string;
  readonly template: boolean;
  readonly revision: string;
  readonly workflow: Workflow;
}

export async function fetchRegistry(): Promise<Registry> {
  return registryFrom(JSON.parse(await ask("api/v1/nodes")) as NodeList);
}

export async function fetchLibrary(): Promise<WorkflowList> {
  return JSON.parse(await ask("api/v1/workflows")) as WorkflowList;
}

export async function fetchWorkflow(name: string): Promise<Fetched> {
  const answer = parseJson(await ask(`api/v1/workflows/${encodeURIComponent(name)}`));
  const fields = isObject(answer) ? answer : new Map<string, never>();
  const [revision, template] = [fields.get("revision"), fields.get("template")];
  const reading = workflowFrom(fields.get("workflow") ?? null);
  if (!reading.ok)
    throw new ServerError(
      200,
      reading.problems.map((each) => ({ ...each, hint: null })),
    );
  return {
    name,
    template: template === true,
    revision: typeof revision === "string" ? revision : "",
    workflow: reading.workflow,
  };
}

async function ask(path: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { Accept: "application/json" } });
  } catch {
    throw new ServerError(0, []);
  }
  const text = await response.text();
  if (!response.ok) throw new ServerError(response.status, problemsIn(text));
  return text;
}

function problemsIn(text: string): readonly ProblemItem[] {
  try {
    return (JSON.parse(text) as Partial<ProblemList>).problems ?? [];
  } catch {
    return [];
  }
}
