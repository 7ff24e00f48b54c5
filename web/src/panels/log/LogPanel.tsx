import { Copy, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useJob } from "../../state/jobs";
import { useJobLog } from "../../state/jobLog";
import { goTo, usePlace } from "../../state/place";
import { reveal } from "../../state/reveal";
import type { LogLine } from "../../state/run";
import { useActiveRun } from "../../state/runs";
import { nameOf } from "../queue/jobs";
import { clock } from "../parts/words";
import { Blocks } from "../parts/Blocks";

/** What a run said: that of the open graph, or that of a job which was chosen in the queue. */
export function LogPanel() {
  const logOf = usePlace((place) => place.logOf);
  return logOf === null ? <ActiveLog /> : <ChosenLog key={logOf} id={logOf} />;
}

function ActiveLog() {
  const { t } = useTranslation();
  const run = useActiveRun();
  if (!run || run.log.length === 0) return <p className="muted panel-hint">{t("noLog")}</p>;
  return <Lines title={t("logView.thisRun")} lines={run.log} follow={!run.ended} />;
}

function ChosenLog({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const job = useJob(id);
  const lines = useJobLog(id, job?.state ?? null);
  const title = job ? nameOf(job) : t("log");
  if (lines === null) return <Blocks shape="rows" />;
  return <Lines title={title} lines={lines} follow={false} onClose={() => goTo({ logOf: null })} />;
}

interface LinesProps {
  readonly title: string;
  readonly lines: readonly LogLine[];
  /** Keep the newest line in sight. */
  readonly follow: boolean;
  readonly onClose?: () => void;
}

function Lines({ title, lines, follow, onClose }: LinesProps) {
  const { t } = useTranslation();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (follow) end.current?.scrollIntoView({ block: "end" });
  }, [follow, lines]);
  const text = () => lines.map((line) => `${clock(line.at)} ${line.node ?? ""} ${line.message}`).join("\n");
  return (
    <>
      <div className="section">
        <h3 className="clip">{title}</h3>
        <span className="grow" />
        <button
          type="button"
          className="btn quiet"
          aria-label={t("logView.copy")}
          title={t("logView.copy")}
          onClick={() => void navigator.clipboard.writeText(text())}
        >
          <Copy className="icon sm" />
        </button>
        {onClose && (
          <button
            type="button"
            className="btn quiet"
            aria-label={t("logView.back")}
            title={t("logView.back")}
            onClick={onClose}
          >
            <X className="icon sm" />
          </button>
        )}
      </div>
      <div role="log" aria-label={title}>
        {lines.map((line, index) => (
          <Line key={index} line={line} />
        ))}
        <div ref={end} />
      </div>
    </>
  );
}

function Line({ line }: { readonly line: LogLine }) {
  const { t } = useTranslation();
  const { node } = line;
  const words = line.kind === "state" ? stateWords(line.message) : line.message;
  return (
    <div className={`log-line ${line.kind}`}>
      <time className="muted">{clock(line.at)}</time>
      <div className="grow">
        {node !== null && (
          <button type="button" className="log-node" title={t("problemsView.goTo")} onClick={() => reveal(node)}>
            {node}
          </button>
        )}
        <span>{line.kind === "file" ? t("logView.saved", { name: words }) : words}</span>
      </div>
    </div>
  );

  function stateWords(state: string): string {
    switch (state) {
      case "queued":
      case "held":
      case "running":
      case "done":
      case "failed":
      case "cancelled":
        return t(`states.${state}`);
      default:
        return state;
    }
  }
}
