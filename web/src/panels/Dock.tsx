import { useState } from "react";
import { useTranslation } from "react-i18next";

const TABS = ["queue", "problems", "log"] as const;
type Tab = (typeof TABS)[number];

/** What runs, what is wrong, and what was said. */
export function Dock() {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Tab>("queue");
  return (
    <aside className="dock" aria-label={t("dock")}>
      <div className="dock-tabs" role="tablist" aria-label={t("dock")}>
        {TABS.map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`dock-${tab}`}
            aria-selected={tab === shown}
            aria-controls="dock-body"
            className={tab === shown ? "on" : ""}
            onClick={() => setShown(tab)}
          >
            {t(tab)}
          </button>
        ))}
      </div>
      <div className="dock-body" id="dock-body" role="tabpanel" aria-labelledby={`dock-${shown}`}>
        <Empty tab={shown} />
      </div>
    </aside>
  );
}

function Empty({ tab }: { readonly tab: Tab }) {
  const { t } = useTranslation();
  switch (tab) {
    case "queue":
      return (
        <p className="muted panel-hint">
          {t("nothingWaits")} {t("nothingWaitsHint")}
        </p>
      );
    case "problems":
      return <p className="muted panel-hint">{t("noProblems")}</p>;
    case "log":
      return <p className="muted panel-hint">{t("noLog")}</p>;
  }
}
