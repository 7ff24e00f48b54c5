import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { compareWorkflows } from "../../graph/compare";
import type { Workflow } from "../../graph/document/model";
import { restoreRevision, revisionOf, revisionsOf } from "../../state/library";
import type { RevisionEntry } from "../../wire/schema.gen";
import { Differences } from "../compare/Differences";
import { Blocks } from "../parts/Blocks";
import { Dialog } from "../parts/Dialog";
import { bytes, moment } from "../parts/words";

interface Props {
  readonly name: string;
  readonly onClose: () => void;
}

/** What a workflow was before, what has changed since, and the way back. */
export function Revisions({ name, onClose }: Props) {
  const { t } = useTranslation();
  const [revisions, setRevisions] = useState<readonly RevisionEntry[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  useEffect(() => {
    void revisionsOf(name).then((found) => {
      setRevisions(found ?? []);
      setChosen(found?.[1]?.id ?? null);
    });
  }, [name]);
  const newest = revisions?.[0]?.id ?? null;
  const restore = () => {
    if (chosen === null) return;
    onClose();
    void restoreRevision(name, chosen);
  };
  return (
    <Dialog
      title={t("libraryView.revisionsOf", { name })}
      size="large"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="btn quiet" onClick={onClose}>
            {t("close")}
          </button>
          <button
            type="button"
            className="btn primary"
            disabled={chosen === null || chosen === newest}
            onClick={restore}
          >
            {t("libraryView.bringBack")}
          </button>
        </>
      }
    >
      {revisions === null && <Blocks shape="rows" />}
      {revisions && (
        <div className="two-panes">
          <ol className="revisions" aria-label={t("libraryView.revisions")}>
            {revisions.map((each, index) => (
              <li key={each.id}>
                <button
                  type="button"
                  className={`panel-row${each.id === chosen ? " on" : ""}`}
                  aria-pressed={each.id === chosen}
                  onClick={() => setChosen(each.id)}
                >
                  <span className="grow">
                    <span className="block">{index === 0 ? t("libraryView.now") : moment(each.at)}</span>
                    <span className="block small">
                      {t(`libraryView.cause_${each.cause}`)}, {bytes(each.size)}
                    </span>
                  </span>
                </button>
              </li>
            ))}
          </ol>
          <div className="pane">
            {revisions.length === 1 && <p className="muted">{t("libraryView.onlyOne")}</p>}
            {chosen !== null && newest !== null && chosen !== newest && (
              <Since key={chosen} name={name} revision={chosen} newest={newest} />
            )}
          </div>
        </div>
      )}
    </Dialog>
  );
}

/** What is different now. */
function Since({
  name,
  revision,
  newest,
}: {
  readonly name: string;
  readonly revision: string;
  readonly newest: string;
}) {
  const { t } = useTranslation();
  const [both, setBoth] = useState<readonly [Workflow, Workflow] | null>(null);
  useEffect(() => {
    let wanted = true;
    void Promise.all([revisionOf(name, revision), revisionOf(name, newest)]).then(([old, now]) => {
      if (wanted && old && now) setBoth([old, now]);
    });
    return () => {
      wanted = false;
    };
  }, [name, revision, newest]);
  if (!both) return <Blocks shape="rows" count={3} />;
  return (
    <Differences
      differences={compareWorkflows(...both)}
      labels={[t("libraryView.then"), t("libraryView.nowShort")]}
      same={t("libraryView.sameAsNow")}
    />
  );
}
