/** Running what one looks at. */

import { nextSeeds } from "../graph/edit/values";
import { joinPath } from "../graph/document/graphs";
import { targetsOf } from "../graph/run/paths";
import { ServerError } from "../wire/http";
import { submitJob } from "./api/jobs";
import { activeDocument, documentWith, editDocument, useDocuments } from "./documents";
import { cancelJob } from "./jobs";
import { newKey, randomSeed } from "./keys";
import { tellProblem } from "./notices";
import { setProblems } from "./problems";
import { addRun, labelOf, lastRunOf, useRuns } from "./runs";

export interface Running {
  /** Nodes by path, or named outputs; all that saves or is named where nothing is said. */
  readonly targets?: readonly string[] | null;
  /** How many jobs; each draws its own seeds. */
  readonly times?: number;
  /** Wait in the queue until it is released. */
  readonly held?: boolean;
}

/**
 * Run the active document. Seeds are drawn first and written into it, so that it always says what was run. Returns the
 * jobs; what the server refuses is told at the nodes (422) or as a notice.
 */
export async function run({ targets = null, times = 1, held = false }: Running = {}): Promise<readonly string[]> {
  const { active } = useDocuments.getState();
  const made: string[] = [];
  if (active === null) return made;
  for (let count = 0; count < times; count++) {
    const job = await runOnce(active, targets, held);
    if (job === null) break;
    made.push(job);
  }
  return made;
}

/** Compute a node of the graph that one looks at, and what it needs. */
export async function runToHere(name: string): Promise<readonly string[]> {
  const document = activeDocument(useDocuments.getState());
  return document ? run({ targets: [joinPath(...document.instances, name)] }) : [];
}

/** Compute what is selected, and what that needs. */
export async function runSelected(): Promise<readonly string[]> {
  const document = activeDocument(useDocuments.getState());
  if (!document) return [];
  const targets = targetsOf(document.history.present, document.instances, document.selection.nodes);
  return targets.length > 0 ? run({ targets }) : [];
}

/** Ask the run that is shown to stop at its next step. */
export async function interrupt(): Promise<void> {
  const shown = shownRun();
  if (shown && !shown.ended) await cancelJob(shown.job);
}

/** Is there something to stop? */
export function canInterrupt(): boolean {
  const shown = shownRun();
  return shown !== null && !shown.ended && !shown.cancelling;
}

function shownRun() {
  const { active } = useDocuments.getState();
  return active === null ? null : (useRuns.getState().shown.get(active) ?? null);
}

async function runOnce(id: string, targets: readonly string[] | null, held: boolean): Promise<string | null> {
  editDocument(id, "seeds", (present) => nextSeeds(present, lastRunOf(id), randomSeed));
  const document = documentWith(id);
  if (!document) return null;
  const workflow = document.history.present;
  try {
    const { id: job } = await submitJob({ workflow, targets, labels: [labelOf(id)], held }, newKey());
    addRun(id, job, { workflow, targets });
    return job;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.status === 422) setProblems(id, workflow, error.problems);
    else tellProblem("run", error);
    return null;
  }
}
