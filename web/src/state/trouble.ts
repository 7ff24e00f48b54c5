/** What is wrong with the graph that one looks at: what the check found, and what its last run failed of. */

import { useMemo } from "react";

import type { ProblemItem } from "../wire/schema.gen";
import { useDocuments } from "./documents";
import { useProblemList, useProblems } from "./problems";
import { useActiveRun, useRuns } from "./runs";

export function useTrouble(): readonly ProblemItem[] {
  const found = useProblemList();
  const run = useActiveRun();
  return useMemo(() => together(found, run), [found, run]);
}

export function problemsNow(): readonly ProblemItem[] {
  const { active } = useDocuments.getState();
  const found = useProblems.getState().checked.get(active ?? "")?.problems ?? [];
  return together(found, useRuns.getState().shown.get(active ?? "") ?? null);
}

type Failed = Pick<NonNullable<ReturnType<typeof useActiveRun>>, "state" | "problem">;

function together(found: readonly ProblemItem[], run: Failed | null): readonly ProblemItem[] {
  const failed = run?.state === "failed" ? run.problem : null;
  if (!failed) return found;
  const known = found.some((each) => each.message === failed.message && each.node === failed.node);
  return known ? found : [failed, ...found];
}
