import { Columns2, Download, Image as ImageIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { artifactUrl, thumbnailUrl } from "../../state/api/files";
import type { OpenDocument } from "../../state/documents";
import { loadGallery } from "../../state/gallery";
import { useJobProgress, useJobs, useWaitingJobs } from "../../state/jobs";
import { goTo } from "../../state/place";
import { documentOf, useActiveRun } from "../../state/runs";
import { useStandings } from "../../state/standing";
import type { Job, OutputFile, OutputValue } from "../../wire/schema.gen";
import { pickOther, showPicture } from "../gallery/chosen";
import { isSmall } from "../gallery/Stage";
import { picturesOf } from "../queue/pictures";
import { ProgressLine, shareOf } from "../queue/RunningJob";

interface Made {
  readonly job: Job;
  readonly file: OutputFile;
}

const MOST = 24;

/** What came of the form, the newest large and the others beside it. */
export function Results({ document }: { readonly document: OpenDocument }) {
  const { t } = useTranslation();
  const jobs = useJobs((state) => state.jobs);
  const mine = useMemo(
    () =>
      [...jobs.values()]
        .filter((job) => job.state === "done" && documentOf(job) === document.id)
        .sort((one, other) => (other.finished ?? 0) - (one.finished ?? 0)),
    [jobs, document.id],
  );
  const made = mine.flatMap((job) => picturesOf(job).map((file): Made => ({ job, file }))).slice(0, MOST);
  const [chosen, setChosen] = useState<string | null>(null);
  const run = useActiveRun();
  const preview = useLivePreview(run !== null && !run.ended);
  const shown = made.find(({ file }) => file.sha256 === chosen) ?? made[0] ?? null;
  const live = preview !== null && chosen === null;
  return (
    <section className="form-results" aria-label={t("formView.results")}>
      <div className="form-picture">
        {live ? (
          <img className="pixels" src={preview} alt={t("formView.preview")} />
        ) : shown ? (
          <BigPicture made={shown} />
        ) : (
          <p className="muted">{run && !run.ended ? t("formView.soon") : t("formView.nothing")}</p>
        )}
      </div>
      <Values job={mine[0] ?? null} />
      <div className="strip" role="group" aria-label={t("queueView.pictures")}>
        <RunningTiles document={document.id} on={live} onPick={() => setChosen(null)} />
        {made.map(({ file, job }) => (
          <button
            key={`${job.id} ${file.sha256}`}
            type="button"
            className={`tile${!live && file === shown?.file ? " on" : ""}`}
            aria-pressed={!live && file === shown?.file}
            aria-label={t("queueView.open", { name: file.name })}
            onClick={() => setChosen(file.sha256)}
          >
            <img src={thumbnailUrl(file.sha256, 128)} alt="" />
          </button>
        ))}
      </div>
    </section>
  );
}

function BigPicture({ made: { job, file } }: { readonly made: Made }) {
  const { t } = useTranslation();
  const small = isSmall({ width: file.width ?? null, height: file.height ?? null });
  const openGallery = () => {
    void loadGallery();
    showPicture(file.sha256, job.id);
    goTo({ view: "gallery" });
  };
  return (
    <figure>
      <img className={small ? "pixels" : ""} src={artifactUrl(file.sha256)} alt={file.name} />
      <figcaption className="float">
        <button
          type="button"
          className="btn quiet"
          onClick={() => {
            openGallery();
            pickOther({ sha256: file.sha256, job: job.id });
          }}
        >
          <Columns2 className="icon sm" /> {t("galleryView.compare")}
        </button>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("formView.inGallery")}
          title={t("formView.inGallery")}
          onClick={openGallery}
        >
          <ImageIcon className="icon sm" />
        </button>
        <a
          className="btn quiet icon-only"
          href={artifactUrl(file.sha256, true)}
          download={file.name}
          aria-label={t("galleryView.download")}
          title={t("galleryView.download")}
        >
          <Download className="icon sm" />
        </a>
      </figcaption>
    </figure>
  );
}

/** Named outputs that are no files. */
function Values({ job }: { readonly job: Job | null }) {
  const values = Object.entries(job?.outputs ?? {}).flatMap(([name, output]) =>
    isValue(output) && output.value !== null ? [[name, output.value] as const] : [],
  );
  if (values.length === 0) return null;
  return (
    <dl className="form-values">
      {values.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TilesProps {
  readonly document: string;
  readonly on: boolean;
  readonly onPick: () => void;
}

/** What still runs or waits, as far as it is. */
function RunningTiles({ document, on, onPick }: TilesProps) {
  const { t } = useTranslation();
  const jobs = useWaitingJobs().filter((job) => documentOf(job) === document);
  const [first] = jobs;
  const progress = useJobProgress(first?.id ?? "");
  if (!first) return null;
  const total = progress?.total ?? 0;
  const words = total
    ? t("formView.step", { done: String(progress?.done ?? 0), total: String(total) })
    : t(first.state === "running" ? "states.running" : "states.queued");
  return (
    <button type="button" className={`tile working${on ? " on" : ""}`} aria-pressed={on} onClick={onPick}>
      <span>{words}</span>
      <ProgressLine label={words} share={shareOf(progress)} />
      {jobs.length > 1 && <span className="muted">{t("formView.more", { count: jobs.length - 1 })}</span>}
    </button>
  );
}

/** The newest unfinished picture of the run that is shown. */
function useLivePreview(works: boolean): string | null {
  return useStandings(({ pictures }) =>
    works ? ([...pictures.values()].findLast(({ stale }) => !stale)?.url ?? null) : null,
  );
}

function isValue(output: OutputFile[] | OutputValue): output is OutputValue {
  return !Array.isArray(output);
}
