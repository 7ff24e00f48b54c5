/** What any job said, read from its stored events. */

import { useEffect, useState } from "react";

import { EMPTY_WORKFLOW } from "../graph/document/model";
import type { JobState } from "../wire/schema.gen";
import { fetchEvents } from "./api/jobs";
import { attempt } from "./notices";
import { Run, type LogLine } from "./run";

const NOBODY: ReadonlySet<string> = new Set();

/** The lines of a job, read anew when its state changes; null until they are there. */
export function useJobLog(id: string, state: JobState | null): readonly LogLine[] | null {
  const [lines, setLines] = useState<readonly LogLine[] | null>(null);
  useEffect(() => {
    let wanted = true;
    void attempt("loadLog", () => fetchEvents(id)).then((events) => {
      if (!wanted) return;
      const run = new Run({ job: id, workflow: EMPTY_WORKFLOW, paths: NOBODY, why: () => ({ kind: "again" }) });
      run.take(events ?? []);
      setLines(run.log);
    });
    return () => {
      wanted = false;
    };
  }, [id, state]);
  return lines;
}
