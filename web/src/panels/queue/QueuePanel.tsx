import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useConnection } from "../../state/connection";
import { cancelAll, pauseQueue, useJobs, useWaitingJobs } from "../../state/jobs";
import { Blocks } from "../parts/Blocks";
import { Finished } from "./Finished";
import { RunningJob } from "./RunningJob";
import { Waiting } from "./Waiting";

/** What runs, what comes next, and what was made today. */
export function QueuePanel() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const { paused, loaded } = useJobs();
  const jobs = useWaitingJobs();
  const admin = useConnection(({ me }) => me?.admin ?? false);
  const online = useConnection(({ status }) => status === "online");
  const running = jobs.filter(({ state }) => state === "running");
  const waiting = jobs.filter(({ state }) => state !== "running");
  const pause = async () => {
    setBusy(true);
    await pauseQueue(!paused);
    setBusy(false);
  };
  if (!loaded) return online ? <Blocks shape="rows" /> : <p className="muted panel-hint">{t("queueView.offline")}</p>;
  return (
    <>
      <div className="section">
        <h3>{paused ? t("queueView.paused") : running.length > 0 ? t("queueView.running") : t("queueView.idle")}</h3>
        {admin && (
          <button type="button" className="btn quiet" disabled={busy} onClick={() => void pause()}>
            {paused ? <Play className="icon sm" /> : <Pause className="icon sm" />}
            {paused ? t("queueView.resume") : t("queueView.pause")}
          </button>
        )}
      </div>
      {running.length > 0 && (
        <ul className="stack" aria-label={t("queueView.running")}>
          {running.map((job) => (
            <RunningJob key={job.id} job={job} />
          ))}
        </ul>
      )}
      {jobs.length === 0 && (
        <p className="muted panel-hint">
          {t("nothingWaits")} {t("nothingWaitsHint")}
        </p>
      )}
      {waiting.length > 0 && (
        <>
          <div className="section">
            <h3>{t("queueView.next")}</h3>
            <button type="button" className="btn quiet" onClick={() => void cancelAll()}>
              {t("queueView.clear")}
            </button>
          </div>
          <Waiting jobs={waiting} />
        </>
      )}
      <Finished />
    </>
  );
}
