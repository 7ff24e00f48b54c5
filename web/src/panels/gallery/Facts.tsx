import { Copy, Trash2 } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { factsOf, useMade } from "../../state/facts";
import { openWorkflowOf } from "../../state/gallery";
import { goTo } from "../../state/place";
import { useRegistry } from "../../state/registry";
import type { Artifact } from "../../wire/schema.gen";
import { bytes, duration, moment } from "../parts/words";
import { ConfirmDelete } from "./ConfirmDelete";
import { UseAsInput } from "./UseAsInput";

interface Props {
  readonly picture: Artifact;
  /** A or B where two are compared. */
  readonly letter: "A" | "B" | null;
}

/** What is known of a picture, and what can be done with it. */
export function Facts({ picture, letter }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { job, name, width, height } = picture;
  return (
    <section className="facts" aria-label={name}>
      <Prompts job={job} />
      <dl>
        <Row term={letter ? t("galleryView.picture", { letter }) : t("galleryView.file")}>
          <span className="break">{name}</span>
        </Row>
        <Row term={t("galleryView.size")}>
          {width !== null && height !== null && `${width} × ${height}, `}
          {picture.media_type.split("/")[1]?.toUpperCase()}, {bytes(picture.size)}
        </Row>
        <Row term={t("galleryView.made")}>
          <Times job={job} created={picture.created} />
        </Row>
        <Row term={t("galleryView.node")}>{picture.node}</Row>
        <Row term={t("galleryView.job")}>
          <button
            type="button"
            className="link-button"
            title={t("queueView.logOf", { name: job })}
            onClick={() => goTo({ view: "graph", dockTab: "log", logOf: job })}
          >
            {job.slice(0, 8)}
          </button>
        </Row>
      </dl>
      <div className="facts-acts">
        <button
          type="button"
          className="btn primary large"
          onClick={() => void openWorkflowOf(job).then(() => goTo({ view: "graph" }))}
        >
          {letter ? t("galleryView.openOf", { letter }) : t("galleryView.open")}
        </button>
        <div className="row">
          <UseAsInput picture={picture} />
          <button type="button" className="btn large grow" onClick={() => setAsking(true)}>
            <Trash2 className="icon sm" /> {t("galleryView.delete")}
          </button>
        </div>
      </div>
      {asking && <ConfirmDelete picture={picture} onClose={() => setAsking(false)} />}
    </section>
  );
}

function Row({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Times({ job, created }: { readonly job: string; readonly created: number | null }) {
  const { t } = useTranslation();
  const made = useMade(job);
  const { started = null, finished = null } = made?.job ?? {};
  const at = created ?? finished;
  if (at === null) return null;
  const took = started !== null && finished !== null ? finished - started : null;
  return took === null ? moment(at) : t("galleryView.tookIn", { at: moment(at), time: duration(took) });
}

/** What it was made of, to be read and copied. */
function Prompts({ job }: { readonly job: string }) {
  const { t } = useTranslation();
  const made = useMade(job);
  const registry = useRegistry((known) => known.registry);
  const facts = useMemo(() => (made ? factsOf(made.workflow, registry) : []), [made, registry]);
  return facts.map(({ kind, node, value }, index) => (
    <div key={index} className={`fact ${kind}`}>
      <div className="row">
        <span className="muted clip grow">{kind === "prompt" ? node : t(`galleryView.${kind}`)}</span>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("galleryView.copy", { what: kind === "prompt" ? node : t(`galleryView.${kind}`) })}
          title={t("galleryView.copyShort")}
          onClick={() => void navigator.clipboard.writeText(value)}
        >
          <Copy className="icon sm" />
        </button>
      </div>
      <p className="break">{value}</p>
    </div>
  ));
}
