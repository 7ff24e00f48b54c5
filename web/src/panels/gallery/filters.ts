/** Which pictures the gallery shows, of those that were read. */

import { create } from "zustand";

export interface Filters {
  /** The name of the workflow that made it. */
  readonly workflow: string | null;
  readonly node: string | null;
  readonly since: "today" | "week" | null;
}

export const useFilters = create<Filters>()(() => ({ workflow: null, node: null, since: null }));

export function filter(filters: Partial<Filters>): void {
  useFilters.setState(filters);
}
