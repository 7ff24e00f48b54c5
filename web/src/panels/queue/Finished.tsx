import { CircleX, OctagonX, RotateCcw, ScrollText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { thumbnailUrl } from "../../state/api/files";
import { clearEnded, retryJob, useEndedJobs } from "../../state/jobs";
import { goTo } from "../../state/place";
import type { Job } from "../../wire/schema.gen";
import { Confirm } from "../parts/Ask";
import { Menu } from "../parts/Menu";
import { sameDay } from "../parts/words";
import { showPicture } from "../gallery/chosen";
import { nameOf } from "./jobs";
import { picturesOf } from "./pictures";

const MOST_PICTURES = 9;
const MOST_TROUBLES = 4;

/** What ended today: what went wrong, and what was made. */
export function Finished() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const jobs = useEndedJobs();
  if (jobs.length === 0) return null;
  const today = jobs.filter(({ finished }) => finished !== null && sameDay(new Date(finished * 1000), new Date()));
  const troubles = today.filter(({ state }) => state !== "done").slice(0, MOST_TROUBLES);
  const all = jobs.flatMap((job) => picturesOf(job).map((file) => [file.sha256, { job, file }] as const));
  // A run that found everything cached made the very same picture again.
  const pictures = [...new Map(all.toReversed()).values()].toReversed().slice(0, MOST_PICTURES);
  return (
    <>
      <div className="section">
        <h3>{today.length > 0 ? t("queueView.finishedToday") : t("queueView.finished")}</h3>
        <span className="grow" />
        <button type="button" className="btn quiet" onClick={() => goTo({ view: "gallery" })}>
          {t("gallery")}
        </button>
        <Menu
          label={t("queueView.finishedActs")}
          items={[{ label: t("queueView.clearFinished"), onPick: () => setAsking(true) }]}
        />
      </div>
      <ul aria-label={t("queueView.troubles")}>
        {troubles.map((job) => (
          <Trouble key={job.id} job={job} />
        ))}
      </ul>
      <ul className="finished" aria-label={t("queueView.pictures")}>
        {pictures.map(({ job, file }) => (
          <li key={`${job.id} ${file.sha256}`}>
            <button
              type="button"
              className="tile"
              aria-label={t("queueView.open", { name: file.name })}
              title={nameOf(job)}
              onClick={() => {
                showPicture(file.sha256, job.id);
                goTo({ view: "gallery" });
              }}
            >
              <img src={thumbnailUrl(file.sha256, 128)} alt="" loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      {asking && (
        <Confirm
          title={t("queueView.clearTitle")}
          text={t("queueView.clearText")}
          verb={t("queueView.clearFinished")}
          onYes={() => void clearEnded()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function Trouble({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const failed = job.state === "failed";
  return (
    <li className="job" data-job={job.id}>
      <span className={`thumb${failed ? " bad" : ""}`}>
        {failed ? <CircleX className="icon" /> : <OctagonX className="icon" />}
      </span>
      <div className="grow">
        <div className="name clip">{nameOf(job)}</div>
        <div className={`what clip${failed ? " danger" : ""}`} title={job.problem?.message}>
          {failed ? (job.problem?.message ?? t("queueView.failed")) : t("queueView.stopped")}
        </div>
      </div>
      <button
        type="button"
        className="btn quiet icon-only"
        aria-label={t("queueView.logOf", { name: nameOf(job) })}
        title={t("log")}
        onClick={() => goTo({ dockTab: "log", logOf: job.id })}
      >
        <ScrollText className="icon sm" />
      </button>
      <button
        type="button"
        className="btn quiet icon-only"
        aria-label={t("queueView.retry", { name: nameOf(job) })}
        title={t("queueView.retryShort")}
        onClick={() => void retryJob(job.id)}
      >
        <RotateCcw className="icon sm" />
      </button>
    </li>
  );
}
