/** What is wrong with the open workflows, and what is known of them before they run: asked of the server while one edits. */

import { create } from "zustand";

import type { Workflow } from "../graph/document/model";
import { splitPath } from "../graph/document/graphs";
import { ServerError } from "../wire/http";
import type { NodeCheck, ProblemItem } from "../wire/schema.gen";
import { validateWorkflow } from "./api/jobs";
import { listen, whenOnline } from "./connection";
import { activeDocument, useDocuments } from "./documents";

export interface Checked {
  /** What was checked: problems of an older state are shown until the new one is known. */
  readonly workflow: Workflow;
  readonly sound: boolean;
  readonly problems: readonly ProblemItem[];
  /** By node path, those of nodes inside a subgraph at each instance around them as well. */
  readonly byNode: ReadonlyMap<string, readonly ProblemItem[]>;
  /** What is known of each sound node, by path: resolved ports, facts, and whether its result is there already. */
  readonly nodes: ReadonlyMap<string, NodeCheck>;
}

interface Problems {
  /** By document. */
  readonly checked: ReadonlyMap<string, Checked>;
}

export const useProblems = create<Problems>()(() => ({ checked: new Map() }));

const NONE: readonly ProblemItem[] = [];
const PAUSE = 350;

/** All problems of the active document. */
export function useProblemList(): readonly ProblemItem[] {
  const active = useDocuments((state) => state.active);
  return useProblems(({ checked }) => checked.get(active ?? "")?.problems ?? NONE);
}

/** The problems at a node of the active document, by its path. */
export function useNodeProblems(path: string): readonly ProblemItem[] {
  const active = useDocuments((state) => state.active);
  return useProblems(({ checked }) => checked.get(active ?? "")?.byNode.get(path) ?? NONE);
}

/** The first problem at an input, or null. */
export function useInputProblem(path: string, input: string): ProblemItem | null {
  return useNodeProblems(path).find((each) => each.node === path && each.input === input) ?? null;
}

/** What the server knows of a node before it runs; undefined where it is not needed or not sound. */
export function useNodeCheck(path: string): NodeCheck | undefined {
  const active = useDocuments((state) => state.active);
  return useProblems(({ checked }) => checked.get(active ?? "")?.nodes.get(path));
}

/** Say what is wrong with a document, such as when the server refused to run it. */
export function setProblems(
  document: string,
  workflow: Workflow,
  problems: readonly ProblemItem[],
  nodes: readonly NodeCheck[] = [],
): void {
  const made: Checked = {
    workflow,
    sound: problems.length === 0,
    problems,
    byNode: byNode(problems),
    nodes: new Map(nodes.map((each) => [each.node, each])),
  };
  useProblems.setState(({ checked }) => ({ checked: new Map(checked).set(document, made) }));
}

/** Check the active document whenever its meaning changes, once one pauses. Returns how to stop. */
export function followProblems(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;
  let last: { readonly id: string; readonly workflow: Workflow } | null = null;
  const check = () => {
    const document = activeDocument(useDocuments.getState());
    if (!document) return;
    const { id } = document;
    const workflow = document.history.present;
    last = { id, workflow };
    asking?.abort();
    asking = new AbortController();
    void askFor(id, workflow, asking.signal);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  };
  const edited = () => {
    const document = activeDocument(useDocuments.getState());
    if (document && !(last?.id === document.id && sameMeaning(last.workflow, document.history.present))) soon();
    forget();
  };
  const ended = listen({
    onEvents: (messages) => {
      // What a run has computed need not be computed again.
      if (messages.some(({ event }) => event.kind === "job.state" && event.state === "done")) soon();
    },
  });
  const stops = [useDocuments.subscribe(edited), whenOnline(soon), ended];
  edited();
  return () => {
    clearTimeout(timer);
    asking?.abort();
    stops.forEach((stop) => stop());
  };
}

/** Do both mean the same, wherever their nodes are drawn? */
export function sameMeaning(one: Workflow, other: Workflow): boolean {
  return (
    one.nodes === other.nodes &&
    one.inputs === other.inputs &&
    one.outputs === other.outputs &&
    one.subgraphs === other.subgraphs
  );
}

async function askFor(document: string, workflow: Workflow, signal: AbortSignal): Promise<void> {
  try {
    const { problems, nodes } = await validateWorkflow(workflow, null, signal);
    setProblems(document, workflow, workflow.nodes.size === 0 ? NONE : problems, nodes);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ServerError)) throw error;
    if (error.status === 422) setProblems(document, workflow, error.problems);
    // Else nothing is known anew: the connection's state says why, and it is asked again when it is back.
  }
}

function byNode(problems: readonly ProblemItem[]): ReadonlyMap<string, readonly ProblemItem[]> {
  const found = new Map<string, ProblemItem[]>();
  for (const problem of problems) {
    const parts = splitPath(problem.node ?? "");
    for (let length = parts.length; length > 0; length--) {
      const path = parts.slice(0, length).join("/");
      const known = found.get(path);
      if (known) known.push(problem);
      else found.set(path, [problem]);
    }
  }
  return found;
}

/** Closed documents have no problems. */
function forget(): void {
  const { open } = useDocuments.getState();
  const { checked } = useProblems.getState();
  const left = [...checked].filter(([id]) => open.some((each) => each.id === id));
  if (left.length < checked.size) useProblems.setState({ checked: new Map(left) });
}
