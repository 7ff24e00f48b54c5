import { Play, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { enter } from "../../state/documents";
import { useActiveRun } from "../../state/runs";
import { useActive } from "../../state/stage";
import { interrupt, run } from "../../state/submit";
import { descriptionOf, titleOf } from "../bar/openTabs";
import { EditForm } from "./EditForm";
import { Inputs } from "./Inputs";
import { Results } from "./Results";

const COUNTS = [1, 2, 4, 8] as const;

/** The workflow as a simple page: its named inputs to fill in, and what comes of it, large. */
export function FormView() {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const document = useActive();
  const inside = (document?.instances.length ?? 0) > 0;
  useEffect(() => {
    if (inside) enter([]); // the form is that of the whole workflow
  }, [inside]);
  if (!document || inside) return null;
  const { present } = document.history;
  return (
    <div className="form-view" data-area="form">
      <section className="form-side" aria-labelledby="form-title">
        <div className="form-scroll">
          <div className="form-head">
            <h1 id="form-title" className="grow">
              {titleOf(document)}
            </h1>
            <button type="button" className="btn quiet" aria-pressed={editing} onClick={() => setEditing(!editing)}>
              {t(editing ? "formView.done" : "formView.edit")}
            </button>
          </div>
          {editing ? (
            <EditForm workflow={present} />
          ) : (
            <>
              {descriptionOf(document) !== null && <p className="soft">{descriptionOf(document)}</p>}
              <Inputs workflow={present} onEdit={() => setEditing(true)} />
            </>
          )}
        </div>
        <RunFoot />
      </section>
      <Results key={document.id} document={document} />
    </div>
  );
}

function RunFoot() {
  const { t } = useTranslation();
  const [count, setCount] = useState(1);
  const active = useActiveRun();
  const works = active !== null && !active.ended;
  return (
    <footer className="form-foot">
      <label className="input count-pick">
        <select
          aria-label={t("formView.count")}
          value={count}
          onChange={(event) => setCount(Number(event.currentTarget.value))}
        >
          {COUNTS.map((each) => (
            <option key={each} value={each}>
              {t("formView.runs", { count: each })}
            </option>
          ))}
        </select>
      </label>
      {works && (
        <button
          type="button"
          className="btn large icon-only"
          aria-label={t("stop")}
          title={t("stop")}
          disabled={active.cancelling}
          onClick={() => void interrupt()}
        >
          <Square className="icon sm filled" />
        </button>
      )}
      <button
        type="button"
        className="btn primary large grow"
        aria-label={t("run")}
        aria-keyshortcuts="Control+Enter"
        onClick={() => void run({ times: count })}
      >
        <Play className="icon sm filled" /> {t("run")} <kbd>Ctrl ↵</kbd>
      </button>
    </footer>
  );
}
