/** Everything that lives between the server and the views, started in the order in which it needs each other. */

import { offer } from "./actions";
import { connect, whenOnline } from "./connection";
import { browserCopies, type Copies } from "./copies";
import { useDocuments } from "./documents";
import { flushDrafts, followDrafts, loadDrafts } from "./drafts";
import { followGallery } from "./gallery";
import { followJobs } from "./jobs";
import { load, useLibrary } from "./library";
import { followProblems } from "./problems";
import { followRuns } from "./runs";
import { canInterrupt, interrupt, run, runSelected } from "./submit";
import { followTabs, restoreTabs } from "./tabs";

/** Load what the server has, open the tabs of before, and follow everything from then on. Returns how to stop. */
export async function startState(copies: Copies = browserCopies()): Promise<() => void> {
  await load();
  const { loaded } = useLibrary.getState();
  if (loaded) await restoreTabs(copies);
  const stops = [
    loaded ? followTabs() : () => undefined, // tabs that could not be opened are left for the next time
    followDrafts(copies),
    followJobs(),
    followRuns(),
    followGallery(),
    followProblems(),
    whenOnline(catchUp),
    connect(),
    flushWhenHidden(),
    offerRuns(),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Running is offered wherever one is. */
function offerRuns(): () => void {
  const isOpen = () => useDocuments.getState().active !== null;
  return offer(
    { id: "run", keys: ["Ctrl+Enter"], inFields: true, enabled: isOpen, run: () => void run() },
    { id: "runSelected", keys: ["Ctrl+Shift+Enter"], inFields: true, enabled: isOpen, run: () => void runSelected() },
    { id: "stop", keys: ["Ctrl+Alt+Enter"], inFields: true, enabled: canInterrupt, run: () => void interrupt() },
  );
}

/** What could not be asked while the server was away. */
function catchUp(): void {
  const { loaded, trouble } = useLibrary.getState();
  if (!loaded || trouble) void load();
  void loadDrafts();
}

/** A page that is hidden may never be shown again. */
function flushWhenHidden(): () => void {
  const hide = () => {
    if (document.visibilityState === "hidden") void flushDrafts();
  };
  document.addEventListener("visibilitychange", hide);
  return () => document.removeEventListener("visibilitychange", hide);
}
