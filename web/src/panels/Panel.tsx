import { Search, X } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  readonly title: string;
  readonly search: { readonly label: string; readonly text: string; readonly onText: (text: string) => void };
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A panel that opens from the rail over the edge of the canvas. */
export function Panel({ title, search, onClose, children }: Props) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="pane-head">
        <h2 id={id} className="grow">
          {title}
        </h2>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("close")}
          title={t("close")}
          onClick={onClose}
        >
          <X className="icon" />
        </button>
      </header>
      <label className="input panel-search">
        <Search className="icon" />
        <input
          type="search"
          autoFocus
          aria-label={search.label}
          placeholder={search.label}
          value={search.text}
          onChange={(event) => search.onText(event.currentTarget.value)}
        />
      </label>
      <div className="panel-body" tabIndex={0}>
        {children}
      </div>
    </section>
  );
}
