/** Workflows inside the server's answers, read without losing digits. */

import { workflowFrom } from "../../graph/document/read";
import type { Workflow } from "../../graph/document/model";
import { parseJson } from "../../graph/json/parse";
import { isObject, type Json, type JsonObject } from "../../graph/json/value";
import { ServerError } from "../../wire/http";
import type { ProblemItem } from "../../wire/schema.gen";
import { cameAs } from "./texts";

const FIELD = "workflow";
/** What stands at that field, as it came. */
const came = new WeakMap<JsonObject, string>();

export function fieldsOf(text: string): JsonObject {
  const texts = new Map<string, string>();
  const answer = parseJson(text, texts);
  if (!isObject(answer)) return new Map<string, Json>();
  const [workflow, itsText] = [answer.get(FIELD), texts.get(FIELD)];
  if (isObject(workflow) && itsText !== undefined) came.set(workflow, itsText);
  return answer;
}

/** The workflow at a field; throw ServerError (status 200) with all problems where it cannot be read. */
export function workflowIn(fields: JsonObject): Workflow {
  const found = fields.get(FIELD) ?? null;
  if (found === null) throw new ServerError(200, problemsOf(fields));
  const reading = workflowFrom(found);
  if (reading.ok) {
    const text = isObject(found) ? came.get(found) : undefined;
    if (text !== undefined) cameAs(reading.workflow, text);
    return reading.workflow;
  }
  const problems = reading.problems.map((each) => ({ ...each, hint: null }));
  throw new ServerError(200, problems);
}

export function textOf(fields: JsonObject, key: string): string | null {
  const value = fields.get(key);
  return typeof value === "string" ? value : null;
}

export function numberOf(fields: JsonObject, key: string): number {
  return Number(fields.get(key) ?? 0);
}

export function problemsOf(fields: JsonObject): readonly ProblemItem[] {
  const list = fields.get("problems");
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).filter(isObject).map((each) => ({
    code: textOf(each, "code") ?? "",
    message: textOf(each, "message") ?? "",
    node: textOf(each, "node"),
    input: textOf(each, "input"),
    hint: textOf(each, "hint"),
  }));
}
