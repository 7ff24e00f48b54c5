import { useEffect } from "react";

import { offer, type Action } from "../../state/actions";
import { activeDocument, useDocuments } from "../../state/documents";
import { loadGallery } from "../../state/gallery";
import { exportFile, shareFile } from "../../state/saving";
import { change, useSettings } from "../../state/settings";
import { goTo, togglePanel, usePlace, type ViewName } from "../../state/place";
import { canInterrupt, interrupt, run, runSelected } from "../../state/submit";
import { pickFiles } from "../library/importing";
import { saveActive, saveActiveAs } from "../library/saving";
import { closeActive, newTab, nextTab } from "./openTabs";

/** Offer what is done with workflows, runs, panels and views, wherever one is on the page. */
export function useHouseActions(): void {
  useEffect(() => offer(...houseActions()), []);
}

export function houseActions(): readonly Action[] {
  return [...RUNNING, ...FILES, ...PANELS];
}

const isOpen = () => useDocuments.getState().active !== null;
const active = () => activeDocument(useDocuments.getState());
const show = (view: ViewName) => () => goTo({ view });

const RUNNING: readonly Action[] = [
  { id: "run", section: "run", keys: ["Ctrl+Enter"], inFields: true, run: () => void run(), enabled: isOpen },
  {
    id: "runSelected",
    section: "run",
    keys: ["Ctrl+Shift+Enter"],
    inFields: true,
    run: () => void runSelected(),
    enabled: () => (active()?.selection.nodes.size ?? 0) > 0,
  },
  {
    id: "stop",
    section: "run",
    keys: ["Ctrl+Alt+Enter"],
    inFields: true,
    run: () => void interrupt(),
    enabled: canInterrupt,
  },
];

const FILES: readonly Action[] = [
  { id: "save", section: "file", keys: ["Ctrl+S"], inFields: true, run: saveActive, enabled: isOpen },
  { id: "saveAs", section: "file", keys: ["Ctrl+Shift+S"], inFields: true, run: saveActiveAs, enabled: isOpen },
  { id: "newWorkflow", section: "file", keys: ["Alt+N"], run: newTab },
  { id: "openFile", section: "file", keys: ["Ctrl+Shift+O"], run: pickFiles },
  { id: "closeWorkflow", section: "file", keys: ["Alt+W"], run: closeActive, enabled: isOpen },
  { id: "nextWorkflow", section: "file", keys: ["Alt+PageDown"], inFields: true, run: () => nextTab(1) },
  { id: "previousWorkflow", section: "file", keys: ["Alt+PageUp"], inFields: true, run: () => nextTab(-1) },
  { id: "exportFile", section: "file", keys: [], run: () => withActive(exportFile), enabled: isOpen },
  {
    id: "shareFile",
    section: "file",
    keys: [],
    run: () => withActive((each) => void shareFile(each)),
    enabled: isOpen,
  },
];

const PANELS: readonly Action[] = [
  { id: "panel.workflows", section: "panels", keys: ["Ctrl+O", "W"], run: () => togglePanel("workflows") },
  { id: "panel.nodes", section: "panels", keys: ["N"], run: () => togglePanel("nodes") },
  { id: "panel.models", section: "panels", keys: ["Shift+M"], run: () => togglePanel("models") },
  { id: "panel.gallery", section: "panels", keys: ["G"], run: toggleGallery },
  { id: "viewGraph", section: "view", keys: [], run: show("graph") },
  { id: "viewForm", section: "view", keys: [], run: show("form"), enabled: isOpen },
  { id: "dock", section: "panels", keys: ["Q"], run: () => change({ dock: !useSettings.getState().dock }) },
  { id: "settings", section: "panels", keys: ["Ctrl+,"], inFields: true, run: () => goTo({ dialog: "settings" }) },
];

function toggleGallery(): void {
  const there = usePlace.getState().view === "gallery";
  if (!there) void loadGallery();
  goTo({ view: there ? "graph" : "gallery", panel: null });
}

function withActive(act: (document: NonNullable<ReturnType<typeof active>>) => void): void {
  const document = active();
  if (document) act(document);
}
