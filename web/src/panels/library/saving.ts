/** Saving what one looks at; asks for a name where it has none. */

import { create } from "zustand";

import { useDocuments } from "../../state/documents";
import { tell } from "../../state/notices";
import { save } from "../../state/saving";

/** The document for which a name is asked. */
export const useNaming = create<{ readonly document: string | null }>()(() => ({ document: null }));

export function saveActive(): void {
  const { active } = useDocuments.getState();
  void save(active).then((saved) => {
    if (saved === "name") useNaming.setState({ document: active });
    if (saved === "saved") tell("saveWorkflow");
  });
}

export function saveActiveAs(): void {
  useNaming.setState({ document: useDocuments.getState().active });
}

export function stopNaming(): void {
  useNaming.setState({ document: null });
}
