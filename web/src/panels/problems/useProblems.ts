import { useMemo } from "react";

import { useProblemList } from "../../state/problems";
import { useActiveRun } from "../../state/runs";
import type { ProblemItem } from "../../wire/schema.gen";

/** What the check found, and what the last run failed of. */
export function useProblems(): readonly ProblemItem[] {
  const found = useProblemList();
  const run = useActiveRun();
  return useMemo(() => {
    const failed = run?.state === "failed" ? run.problem : null;
    if (!failed) return found;
    const known = found.some((each) => each.message === failed.message && each.node === failed.node);
    return known ? found : [failed, ...found];
  }, [found, run]);
}
