import { useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { useJobs } from "../state/jobs";
import { goTo, usePlace, type DockTab } from "../state/place";
import { LogPanel } from "./log/LogPanel";
import { ProblemsPanel } from "./problems/ProblemsPanel";
import { useProblems } from "./problems/useProblems";
import { QueuePanel } from "./queue/QueuePanel";
import { MemoryFoot } from "./queue/MemoryFoot";

const TABS: readonly DockTab[] = ["queue", "problems", "log"];

/** What runs, what is wrong, and what was said. */
export function Dock() {
  const { t } = useTranslation();
  const shown = usePlace((place) => place.dockTab);
  const list = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = TABS.at((TABS.indexOf(shown) + step) % TABS.length) ?? "queue";
    goTo({ dockTab: next });
    list.current?.querySelector<HTMLElement>(`#dock-${next}`)?.focus();
  };
  return (
    <aside className="dock" aria-label={t("dock")} data-area="dock">
      <h2 className="unseen">{t("dock")}</h2>
      <div ref={list} className="dock-tabs" role="tablist" aria-label={t("dock")} onKeyDown={walk}>
        {TABS.map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`dock-${tab}`}
            tabIndex={tab === shown ? 0 : -1}
            aria-selected={tab === shown}
            aria-controls="dock-body"
            className={tab === shown ? "on" : ""}
            onClick={() => goTo({ dockTab: tab })}
          >
            {t(tab)}
            <Count tab={tab} />
          </button>
        ))}
      </div>
      <div className="dock-body" id="dock-body" role="tabpanel" tabIndex={0} aria-labelledby={`dock-${shown}`}>
        {shown === "queue" && <QueuePanel />}
        {shown === "problems" && <ProblemsPanel />}
        {shown === "log" && <LogPanel />}
      </div>
      {shown === "problems" ? <Keys /> : <MemoryFoot />}
    </aside>
  );
}

function Count({ tab }: { readonly tab: DockTab }) {
  const waiting = useJobs(({ counts }) => (counts.queued ?? 0) + (counts.running ?? 0) + (counts.held ?? 0));
  const problems = useProblems().length;
  const count = tab === "queue" ? waiting : tab === "problems" ? problems : 0;
  return count > 0 ? <span className={`count${tab === "problems" ? " bad" : ""}`}>{count}</span> : null;
}

function Keys() {
  const { t } = useTranslation();
  return (
    <div className="dock-foot row">
      <span>
        <kbd>F8</kbd> {t("problemsView.next")}
      </span>
      <span>
        <kbd>Shift F8</kbd> {t("problemsView.previous")}
      </span>
    </div>
  );
}
