import { FilePen, X } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { discardDraft, isNew, loadDrafts, openDraft, useDrafts } from "../../state/drafts";
import { moment } from "../parts/words";

const MOST = 4;

/** What was closed without being saved, to go on with. */
export function Drafts() {
  const { t } = useTranslation();
  const drafts = useDrafts((state) => state.drafts);
  useEffect(() => void loadDrafts(), []);
  if (drafts.length === 0) return null;
  const newest = [...drafts].sort((one, other) => other.modified - one.modified).slice(0, MOST);
  return (
    <section className="drafts">
      <h2>{t("first.drafts")}</h2>
      <ul>
        {newest.map(({ name, modified }) => {
          const title = isNew(name) ? t("untitled") : name;
          return (
            <li key={name} className="panel-entry">
              <button type="button" className="panel-row" onClick={() => void openDraft(name)}>
                <FilePen className="icon" />
                <span className="clip grow">{title}</span>
                <span className="what">{moment(modified)}</span>
              </button>
              <button
                type="button"
                className="btn quiet icon-only"
                aria-label={t("first.discard", { name: title })}
                title={t("first.discard", { name: title })}
                onClick={() => void discardDraft(name)}
              >
                <X className="icon sm" />
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
