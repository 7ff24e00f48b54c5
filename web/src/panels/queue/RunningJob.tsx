import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { cancelJob, useJobProgress } from "../../state/jobs";
import { documentOf } from "../../state/runs";
import { useDocuments } from "../../state/documents";
import { useStandings } from "../../state/standing";
import type { Job, JobProgress } from "../../wire/schema.gen";
import { duration } from "../parts/words";
import { useNow } from "../parts/useNow";
import { activateDocument, nameOf } from "./jobs";

/** A job that is being computed: how far it is, since when, and how long it still takes. */
export function RunningJob({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const progress = useJobProgress(job.id);
  const name = nameOf(job);
  return (
    <li className="job now" data-job={job.id}>
      <div className="row job-row">
        <Preview job={job} />
        <div className="grow">
          <div className="name clip">{name}</div>
          <div className="what clip">{job.cancelling ? t("queueView.stopping") : <Step progress={progress} />}</div>
          <div className="what clip">
            <Times job={job} remaining={progress?.remaining ?? null} />
          </div>
        </div>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("queueView.cancel", { name })}
          title={t("queueView.cancel", { name })}
          disabled={job.cancelling}
          onClick={() => void cancelJob(job.id)}
        >
          <X className="icon" />
        </button>
      </div>
      <ProgressLine label={name} share={shareOf(progress)} />
    </li>
  );
}

export function ProgressLine({ label, share }: { readonly label: string; readonly share: number }) {
  return (
    <div
      className="bar-line"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <i style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}

/** 0 to 1: of the node that works where it counts its steps, else of all nodes. */
export function shareOf(progress: JobProgress | undefined): number {
  if (!progress) return 0;
  const { done, total, nodes_done: ended, nodes_total: all } = progress;
  if (total) return Math.min(1, (done ?? 0) / total);
  return all > 0 ? Math.min(1, ended / all) : 0;
}

function Step({ progress }: { readonly progress: JobProgress | undefined }) {
  const { t } = useTranslation();
  if (!progress) return t("queueView.starting");
  const { done, total, nodes_done: ended, nodes_total: all } = progress;
  if (total) return t("standing.running", { done: String(done ?? 0), total: String(total) });
  return all > 0
    ? t("queueView.nodes", { done: String(Math.min(ended, all)), total: String(all) })
    : t("queueView.starting");
}

function Times({ job, remaining }: { readonly job: Job; readonly remaining: number | null }) {
  const { t } = useTranslation();
  const now = useNow(true);
  const elapsed = job.started === null ? 0 : Math.max(0, now / 1000 - job.started);
  const since = t("queueView.elapsed", { time: duration(Math.floor(elapsed)) });
  return remaining === null ? since : `${since}, ${t("queueView.left", { time: duration(Math.ceil(remaining)) })}`;
}

/** The unfinished picture, where the job is one of the graph that one looks at. */
function Preview({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const mine = useDocuments(({ active }) => active !== null && documentOf(job) === active);
  const picture = useStandings(({ pictures }) =>
    mine ? ([...pictures.values()].findLast(({ stale }) => !stale)?.url ?? null) : null,
  );
  const label = t("queueView.show", { name: nameOf(job) });
  return (
    <button
      type="button"
      className="thumb"
      aria-label={label}
      title={label}
      disabled={documentOf(job) === null}
      onClick={() => activateDocument(job)}
    >
      {picture !== null && <img src={picture} alt="" />}
    </button>
  );
}
