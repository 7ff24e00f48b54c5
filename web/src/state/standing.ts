/** How each node stands in the run that is shown: outside the document, so that one event draws one node anew. */

import { create } from "zustand";

export type Standing =
  | { readonly kind: "queued" }
  | { readonly kind: "running"; readonly done: number; readonly total: number; readonly remaining: number | null }
  | { readonly kind: "done"; readonly seconds: number; readonly reason: string | null }
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

export function setStanding(path: string, standing: Standing | null): void {
  useStandings.setState(({ nodes }) => ({ nodes: changed(nodes, path, standing) }));
}

export function setPicture(path: string, picture: Picture | null): void {
  useStandings.setState(({ pictures }) => ({ pictures: changed(pictures, path, picture) }));
}

export function clearStandings(): void {
  useStandings.setState({ nodes: new Map() });
}

function changed<T>(map: ReadonlyMap<string, T>, key: string, value: T | null): ReadonlyMap<string, T> {
  const next = new Map(map);
  if (value === null) next.delete(key);
  else next.set(key, value);
  return next;
}
