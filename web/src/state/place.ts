/** Where one is on the page: which view, which panel beside it, and what is open in front of it. */

import { create } from "zustand";

export type PanelName = "workflows" | "nodes" | "models";
export type ViewName = "graph" | "form" | "gallery";
export type DockTab = "queue" | "problems" | "log";
export type DialogName = "settings" | "shortcuts";

interface Place {
  readonly view: ViewName;
  readonly panel: PanelName | null;
  readonly dockTab: DockTab;
  readonly dialog: DialogName | null;
  /** The job whose log is shown; null for the run of the active document. */
  readonly logOf: string | null;
}

export const usePlace = create<Place>()(() => ({
  view: "graph",
  panel: null,
  dockTab: "queue",
  dialog: null,
  logOf: null,
}));

export function goTo(place: Partial<Place>): void {
  usePlace.setState(place);
}

export function togglePanel(name: PanelName): void {
  usePlace.setState(({ panel }) => ({ panel: panel === name ? null : name }));
}
