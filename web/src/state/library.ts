/** The workflows that the server keeps, and the connection to it as far as it is known. */

import { create } from "zustand";

import type { WorkflowEntry } from "../wire/schema.gen";
import { openDocument } from "./documents";
import { setRegistry } from "./registry";
import { fetchLibrary, fetchRegistry, fetchWorkflow, ServerError } from "./server";

interface Library {
  readonly workflows: readonly WorkflowEntry[];
  readonly loaded: boolean;
  /** What went wrong last, in the server's words; null while all is well. */
  readonly trouble: ServerError | null;
}

export const useLibrary = create<Library>()(() => ({ workflows: [], loaded: false, trouble: null }));

/** Ask for node types and workflows. What fails is told in `trouble` and can be tried again. */
export async function load(): Promise<void> {
  await guarded(async () => {
    const [registry, { workflows }] = await Promise.all([fetchRegistry(), fetchLibrary()]);
    setRegistry(registry);
    useLibrary.setState({ workflows, loaded: true });
  });
}

/** Open a workflow of the library. */
export async function openFromLibrary(name: string): Promise<void> {
  await guarded(async () => {
    openDocument(await fetchWorkflow(name));
  });
}

async function guarded(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
    useLibrary.setState({ trouble: null });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    useLibrary.setState({ trouble: error });
  }
}
