import { RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { emptyBin, restoreFromBin, useLibrary } from "../../state/library";
import { Confirm } from "../parts/Ask";
import { moment } from "../parts/words";

/** What was deleted, to be taken back or thrown away for good. */
export function BinList() {
  const { t } = useTranslation();
  const bin = useLibrary((library) => library.bin);
  const [asking, setAsking] = useState<string | null>(null);
  return (
    <section>
      <div className="section">
        <h3>{t("libraryView.bin")}</h3>
        {bin.length > 0 && (
          <button type="button" className="btn quiet" onClick={() => setAsking("")}>
            {t("libraryView.emptyBin")}
          </button>
        )}
      </div>
      {bin.length === 0 && <p className="muted panel-hint">{t("libraryView.binEmpty")}</p>}
      <ul>
        {bin.map(({ id, name, deleted }) => (
          <li key={id} className="panel-row" data-workflow={name}>
            <span className="grow">
              <span className="clip block">{name}</span>
              <span className="clip block small">{moment(deleted)}</span>
            </span>
            <button
              type="button"
              className="btn quiet icon-only"
              aria-label={t("libraryView.restore", { name })}
              title={t("libraryView.restore", { name })}
              onClick={() => void restoreFromBin(id)}
            >
              <RotateCcw className="icon sm" />
            </button>
            <button
              type="button"
              className="btn quiet icon-only"
              aria-label={t("libraryView.forget", { name })}
              title={t("libraryView.forget", { name })}
              onClick={() => setAsking(id)}
            >
              <X className="icon sm" />
            </button>
          </li>
        ))}
      </ul>
      {asking !== null && (
        <Confirm
          title={t(asking === "" ? "libraryView.emptyTitle" : "libraryView.forgetTitle")}
          text={t("libraryView.forgetText")}
          verb={t("libraryView.forgetVerb")}
          onYes={() => void emptyBin(asking === "" ? undefined : asking)}
          onClose={() => setAsking(null)}
        />
      )}
    </section>
  );
}
