/** What is known of a job that made a picture: what it computed and how long it took. */

import { useEffect, useState } from "react";

import { graphAt, scopes } from "../graph/document/graphs";
import type { Value, Workflow } from "../graph/document/model";
import { valueText } from "../graph/document/write";
import type { Registry, Widget } from "../graph/types/nodeType";
import type { Job } from "../wire/schema.gen";
import { fetchJob, fetchJobRequest } from "./api/jobs";
import { attempt } from "./notices";

export interface Made {
  readonly job: Job;
  readonly workflow: Workflow;
}

const known = new Map<string, Promise<Made | undefined>>();
const MOST = 50;

/** A job that has ended, with its workflow; read once. */
export function madeBy(id: string): Promise<Made | undefined> {
  const found = known.get(id);
  if (found) return found;
  const asked = attempt("loadJob", async () => {
    const [job, { workflow }] = await Promise.all([fetchJob(id), fetchJobRequest(id)]);
    return { job, workflow };
  });
  known.set(id, asked);
  for (const [oldest] of known) {
    if (known.size <= MOST) break;
    known.delete(oldest);
  }
  // What failed, or still runs, is asked again the next time.
  void asked.then((made) => (made?.job.finished ?? null) === null && known.delete(id));
  return asked;
}

/** The job behind a picture; undefined until it is known. */
export function useMade(id: string | null): Made | undefined {
  const [made, setMade] = useState<Made | undefined>(undefined);
  useEffect(() => {
    if (id === null) return;
    let wanted = true;
    void madeBy(id).then((found) => wanted && setMade(found));
    return () => {
      wanted = false;
    };
  }, [id]);
  return made?.job.id === id ? made : undefined;
}

export interface Fact {
  readonly kind: "prompt" | "seed" | "model";
  readonly node: string;
  readonly value: string;
}

/** The prompts, seeds and models that a workflow was run with, by the widgets of its inputs. */
export function factsOf(workflow: Workflow, registry: Registry): readonly Fact[] {
  const found: Fact[] = [];
  for (const scope of scopes(workflow)) {
    for (const [name, node] of graphAt(workflow, scope).nodes) {
      for (const input of registry.byName.get(node.type)?.inputs ?? []) {
        const value = node.inputs.has(input.name) ? node.inputs.get(input.name) : input.default;
        const kind = kindOf(input.widget, value);
        if (kind)
          found.push({
            kind,
            node: node.title ?? name,
            value: typeof value === "string" ? value : valueText(value ?? null),
          });
      }
    }
  }
  return found;
}

function kindOf(widget: Widget | null, value: Value | undefined): Fact["kind"] | null {
  switch (widget?.kind) {
    case "text":
      return widget.multiline && typeof value === "string" && value !== "" ? "prompt" : null;
    case "seed":
      return typeof value === "bigint" ? "seed" : null;
    case "file":
      return widget.folder !== "input" && typeof value === "string" ? "model" : null;
    default:
      return null;
  }
}
