/** Leading the eye to a node, wherever in the workflow it is. */

import { create } from "zustand";

import { resolve, splitPath } from "../graph/document/graphs";
import { NOTHING_SELECTED } from "../graph/edit/clipboard";
import { activeDocument, enter, select, useDocuments } from "./documents";
import { goTo } from "./place";

interface Revealed {
  /** The node of the graph that one looks at, and the input of it that is meant. */
  readonly node: string | null;
  readonly input: string | null;
  /** Counts up: the same node can be meant twice in a row. */
  readonly time: number;
}

export const useRevealed = create<Revealed>()(() => ({ node: null, input: null, time: 0 }));

/** Show a node by its path in the active document; enters the subgraph that it is in. False where there is none. */
export function reveal(path: string, input: string | null = null): boolean {
  const document = activeDocument(useDocuments.getState());
  if (!document || !resolve(document.history.present, path)) return false;
  const parts = splitPath(path);
  const instances = parts.slice(0, -1);
  const node = parts.at(-1) ?? "";
  goTo({ view: "graph" });
  if (instances.join("/") !== document.instances.join("/")) enter(instances);
  select({ ...NOTHING_SELECTED, nodes: new Set([node]) });
  useRevealed.setState(({ time }) => ({ node, input, time: time + 1 }));
  return true;
}
