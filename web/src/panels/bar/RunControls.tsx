import { ChevronDown, Play, Square, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { perform, useActions } from "../../state/actions";
import { activeDocument, useDocuments } from "../../state/documents";
import { useJobs } from "../../state/jobs";
import { change } from "../../state/settings";
import { goTo } from "../../state/place";
import { useActiveRun } from "../../state/runs";
import { run, runSelected } from "../../state/submit";
import { ActionButton } from "../../widgets/ActionButton";
import { Menu } from "../parts/Menu";
import { useProblems } from "../problems/useProblems";
import { RunTimes } from "./RunTimes";

/** Run, more ways to run, Stop while something runs, and what is wrong in place of a silent Run. */
export function RunControls() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const active = useActiveRun();
  const problems = useProblems().length;
  const selected = useDocuments((state) => activeDocument(state)?.selection.nodes.size ?? 0);
  const known = useActions(({ actions }) => actions.has("run"));
  const open = useDocuments((state) => state.active !== null);
  const works = active !== null && !active.ended;
  return (
    <>
      {problems > 0 && (
        <button
          type="button"
          className="btn bad problems-button"
          onClick={() => {
            change({ dock: true });
            goTo({ dockTab: "problems" });
          }}
        >
          <TriangleAlert className="icon sm" />
          {t("problemCount", { count: problems })}
        </button>
      )}
      {works && (
        <ActionButton action="stop" label={t("stop")} className="icon-only stop">
          <Square className="icon sm filled" />
        </ActionButton>
      )}
      <div className="split">
        <button
          type="button"
          className={`btn ${problems > 0 ? "" : "primary"}`}
          aria-label={t("run")}
          aria-keyshortcuts="Control+Enter"
          disabled={!known || !open}
          onClick={() => perform("run")}
        >
          <Play className="icon sm filled" />
          {t("run")} <kbd>Ctrl ↵</kbd>
        </button>
        <Menu
          label={t("moreRuns")}
          className={problems > 0 ? "" : "primary"}
          disabled={!known || !open}
          items={[
            { label: t("runView.selected"), disabled: selected === 0, onPick: () => void runSelected() },
            { label: t("runView.times"), onPick: () => setAsking(true) },
            { label: t("runView.held"), onPick: () => void run({ held: true }) },
          ]}
        >
          <ChevronDown className="icon sm" />
        </Menu>
      </div>
      {asking && <RunTimes onClose={() => setAsking(false)} />}
    </>
  );
}

/** How many jobs wait or run. */
export function QueueCount() {
  const count = useJobs(({ counts }) => (counts.queued ?? 0) + (counts.running ?? 0) + (counts.held ?? 0));
  return count > 0 ? <span className="count">{count}</span> : null;
}
