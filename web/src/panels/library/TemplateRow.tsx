import { FileText } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { WorkflowEntry } from "../../wire/schema.gen";
import { descriptionOf, openEntry, pictureOf, titleOf } from "./entries";

interface Props {
  readonly entry: WorkflowEntry;
  readonly onOpened: () => void;
}

/** A template with what it makes. */
export function TemplateRow({ entry, onOpened }: Props) {
  const { t } = useTranslation();
  const picture = pictureOf(entry);
  return (
    <li>
      <button
        type="button"
        className="panel-row with-picture"
        title={descriptionOf(entry) ?? undefined}
        aria-label={t("libraryView.open", { name: titleOf(entry) })}
        data-workflow={entry.name}
        onClick={() => {
          onOpened();
          openEntry(entry);
        }}
      >
        <span className="row-picture">
          {picture !== null ? <img src={picture} alt="" loading="lazy" /> : <FileText className="icon" />}
        </span>
        <span className="grow">
          <span className="clip block">{titleOf(entry)}</span>
          <span className="clip block small">{descriptionOf(entry)}</span>
        </span>
      </button>
    </li>
  );
}
