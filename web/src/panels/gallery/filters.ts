/** Which pictures the gallery shows, of those that were read. */

import { create } from "zustand";

import { jobsNamed } from "../../state/gallery";

export interface Filters {
  /** The name of the workflow that made it. */
  readonly workflow: string | null;
  readonly node: string | null;
  readonly since: "today" | "week" | null;
  /** The jobs of that workflow, as the server knows them; null until it has said. */
  readonly jobs: ReadonlySet<string> | null;
}

export const useFilters = create<Filters>()(() => ({ workflow: null, node: null, since: null, jobs: null }));

export function filter(filters: Partial<Omit<Filters, "jobs">>): void {
  useFilters.setState(filters);
  if (filters.workflow !== undefined) void findJobs(filters.workflow);
}

async function findJobs(workflow: string | null): Promise<void> {
  useFilters.setState({ jobs: null });
  const jobs = workflow === null ? null : await jobsNamed(workflow);
  if (jobs && useFilters.getState().workflow === workflow) useFilters.setState({ jobs });
}
