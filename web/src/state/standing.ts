/** How each node stands in the run that is shown: outside the document, so that one event draws one node anew. */

import { create } from "zustand";

import type { Why } from "../graph/run/why";

export type Standing =
  | { readonly kind: "queued" }
  /** `total` is 0 while no step is known; `since` is when it began, in milliseconds since 1970. */
  | {
      readonly kind: "running";
      readonly done: number;
      readonly total: number;
      readonly remaining: number | null;
      readonly since: number;
    }
  | { readonly kind: "done"; readonly seconds: number; readonly why: Why }
  | { readonly kind: "cached" }
  | { readonly kind: "blocked"; readonly reason: string | null }
  | { readonly kind: "error"; readonly message: string; readonly input: string | null };

export interface Picture {
  readonly url: string;
  readonly alt: string;
  /** It is of an earlier run. */
  readonly stale: boolean;
}

interface Standings {
  /** By path, such as `outer/inner`. */
  readonly nodes: ReadonlyMap<string, Standing>;
  readonly pictures: ReadonlyMap<string, Picture>;
}

export const useStandings = create<Standings>()(() => ({ nodes: new Map(), pictures: new Map() }));

/** Show how the nodes of a run stand, all at once. What did not change keeps its identity, so only the rest draws anew. */
export function showStandings(nodes: ReadonlyMap<string, Standing>, pictures: ReadonlyMap<string, Picture>): void {
  useStandings.setState({ nodes: new Map(nodes), pictures: new Map(pictures) });
}

export function useStanding(path: string): Standing | null {
  return useStandings(({ nodes }) => nodes.get(path) ?? null);
}

export function usePicture(path: string): Picture | undefined {
  return useStandings(({ pictures }) => pictures.get(path));
}
