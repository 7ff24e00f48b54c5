/** A change that is tried out while the mouse moves and counts as one step once it is let go. */

import { record, type History } from "../graph/history";
import type { Workflow } from "../graph/document/model";
import { activeDocument, scopeOf, select, useDocuments, type Command } from "./documents";
import type { Selection } from "../graph/edit/clipboard";

export interface Trial {
  /** Do this instead of what was tried before. */
  readonly update: (command: Command) => void;
  /** Leave the document as it was. */
  readonly cancel: () => void;
}

/** Begin with the active document as it is now. Whatever is tried last stays, as one step under this label. */
export function tryOut(label: string): Trial | null {
  const start = activeDocument(useDocuments.getState());
  if (!start) return null;
  const scope = scopeOf(start);
  const put = (history: History<Workflow>) =>
    useDocuments.setState(({ open }) => ({
      open: open.map((each) => (each.id === start.id ? { ...each, history } : each)),
    }));
  return {
    update: (command) => {
      const next = command(start.history.present, scope);
      put(record(start.history, next, { label, at: Date.now() }));
    },
    cancel: () => {
      put(start.history);
      if (useDocuments.getState().active === start.id) select(start.selection);
    },
  };
}

/** Do a step and select what came of it. */
export function editAndSelect(
  label: string,
  change: (workflow: Workflow, scope: string | null) => { readonly workflow: Workflow; readonly selection: Selection },
): void {
  const trial = tryOut(label);
  const selections: Selection[] = [];
  trial?.update((workflow, scope) => {
    const changed = change(workflow, scope);
    selections.push(changed.selection);
    return changed.workflow;
  });
  for (const selection of selections) select(selection);
}
