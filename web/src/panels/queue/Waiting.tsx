import { Clock, GripVertical, Pause } from "lucide-react";
import { useState, type DragEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { cancelJob, holdJob, moveJob, releaseJob } from "../../state/jobs";
import type { Job } from "../../wire/schema.gen";
import { Menu } from "../parts/Menu";
import { nameOf } from "./jobs";

interface Props {
  readonly jobs: readonly Job[];
}

/** What waits, in the order of its turn. A row is moved by its grip, by dragging or with the arrow keys. */
export function Waiting({ jobs }: Props) {
  const { t } = useTranslation();
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const items = useItems(jobs);
  const drop = (target: string) => {
    if (dragged !== null && dragged !== target) void moveJob(dragged, placeFor(jobs, dragged, target));
    setDragged(null);
    setOver(null);
  };
  const drags = (job: Job) => ({
    onDragStart: (event: DragEvent) => {
      event.dataTransfer.setData("text/plain", nameOf(job));
      event.dataTransfer.effectAllowed = "move";
      setDragged(job.id);
    },
    onDragOver: (event: DragEvent) => {
      if (dragged === null) return;
      event.preventDefault();
      setOver(job.id);
    },
    onDragEnd: () => {
      setDragged(null);
      setOver(null);
    },
    onDrop: () => drop(job.id),
  });
  return (
    <ol aria-label={t("queueView.next")}>
      {jobs.map((job, index) => (
        <li
          key={job.id}
          className={`job${over === job.id && dragged !== job.id ? " over" : ""}${dragged === job.id ? " dragged" : ""}`}
          data-job={job.id}
          draggable
          {...drags(job)}
        >
          <span className="thumb">
            {job.state === "held" ? <Pause className="icon" /> : <Clock className="icon" />}
          </span>
          <div className="grow">
            <div className="name clip">{nameOf(job)}</div>
            <div className="what clip">
              {job.state === "held" ? t("queueView.held") : t("queueView.position", { position: String(index + 1) })}
            </div>
          </div>
          <Menu label={t("queueView.actsOf", { name: nameOf(job) })} items={items(job, index)} />
          <button
            type="button"
            className="grip"
            aria-label={t("queueView.grip", { name: nameOf(job), position: String(index + 1), count: jobs.length })}
            title={t("queueView.move")}
            onKeyDown={(event) => moveByKey(event, jobs, index)}
          >
            <GripVertical className="icon sm" />
          </button>
        </li>
      ))}
    </ol>
  );
}

function useItems(jobs: readonly Job[]) {
  const { t } = useTranslation();
  return (job: Job, index: number) => [
    {
      label: t("queueView.first"),
      disabled: index === 0,
      onPick: () => void moveJob(job.id, { to: "front" }),
    },
    {
      label: t("queueView.last"),
      disabled: index === jobs.length - 1,
      onPick: () => void moveJob(job.id, { to: "back" }),
    },
    {
      label: job.state === "held" ? t("queueView.release") : t("queueView.hold"),
      onPick: () => void (job.state === "held" ? releaseJob(job.id) : holdJob(job.id)),
    },
    { label: t("queueView.remove"), onPick: () => void cancelJob(job.id) },
  ];
}

/** Dropped upwards, a job comes before the one under it; dropped downwards, behind it. */
function placeFor(jobs: readonly Job[], dragged: string, target: string): { before: string } | { to: "back" } {
  const [from, to] = [jobs.findIndex(({ id }) => id === dragged), jobs.findIndex(({ id }) => id === target)];
  const next = from < to ? jobs[to + 1] : jobs[to];
  return next ? { before: next.id } : { to: "back" };
}

function moveByKey(event: KeyboardEvent, jobs: readonly Job[], index: number): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const [job, target] = [jobs[index], jobs[index + (step ?? 0)]];
  if (step === undefined || !job || !target || job === target) return;
  event.preventDefault();
  void moveJob(job.id, placeFor(jobs, job.id, target.id));
}
