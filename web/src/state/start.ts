/** Everything that lives between the server and the views, started in the order in which it needs each other. */

import { connect, whenOnline } from "./connection";
import { browserCopies, type Copies } from "./copies";
import { flushDrafts, followDrafts, loadDrafts } from "./drafts";
import { followGallery } from "./gallery";
import { followJobs } from "./jobs";
import { load, readyToOpen, useLibrary } from "./library";
import { followProblems } from "./problems";
import { followRuns } from "./runs";
import { followTabs, restoreTabs } from "./tabs";

/**
 * Load what the server has, open the tabs of before and the workflow that is `asked` for, and follow everything from
 * then on. Returns how to stop.
 */
export async function startState(asked: string | null, copies: Copies = browserCopies()): Promise<() => void> {
  await load();
  const { loaded } = useLibrary.getState();
  // before the tabs of before are there: no other workflow is seen, or run, for a moment
  const openAsked = asked === null ? null : await readyToOpen(asked);
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
  ];
  openAsked?.();
  return () => stops.forEach((stop) => stop());
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
