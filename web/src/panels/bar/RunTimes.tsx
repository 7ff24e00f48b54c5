import { useState } from "react";
import { useTranslation } from "react-i18next";

import { run } from "../../state/submit";
import { Dialog } from "../parts/Dialog";

const MOST = 100;

/** Ask how many times to run. */
export function RunTimes({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [times, setTimes] = useState("4");
  const count = Number(times);
  const fine = Number.isInteger(count) && count >= 1 && count <= MOST;
  const go = () => {
    if (!fine) return;
    onClose();
    void run({ times: count });
  };
  return (
    <Dialog
      title={t("runView.timesTitle")}
      size="small"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="btn quiet" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="button" className="btn primary" disabled={!fine} onClick={go}>
            {t("run")}
          </button>
        </>
      }
    >
      <label className="asked">
        <span>{t("runView.timesLabel", { most: String(MOST) })}</span>
        <span className="input">
          <input
            type="number"
            autoFocus
            min={1}
            max={MOST}
            value={times}
            aria-invalid={!fine}
            onChange={(event) => setTimes(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && go()}
          />
        </span>
        <small>{t("runView.timesHint")}</small>
      </label>
    </Dialog>
  );
}
