import { Check, TriangleAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { dismiss, useNotices, type Notice } from "../../state/notices";
import { noticeText } from "./words";

const SHORT = 6000;
const LONG = 12000;

/** What happened, in passing, with Undo where it can be taken back. */
export function Toaster() {
  const { t } = useTranslation();
  const notices = useNotices((state) => state.notices);
  return (
    <section className="toasts" aria-label={t("toasts")} aria-live="polite">
      {notices.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function Toast({ notice }: { readonly notice: Notice }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const { id, kind, undo, hint } = notice;
  const { title, message } = noticeText(t, notice);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(id), kind === "done" ? SHORT : LONG);
    return () => clearTimeout(timer);
  }, [held, id, kind]);
  return (
    <div
      className={`toast ${kind}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {kind === "done" ? <Check className="icon sm" /> : <TriangleAlert className="icon sm danger" />}
      <div className="grow">
        <div>{title}</div>
        {message !== null && <div className="soft">{message}</div>}
        {hint !== null && <div className="muted">{hint}</div>}
      </div>
      {undo && (
        <button
          type="button"
          className="btn"
          onClick={() => {
            undo();
            dismiss(id);
          }}
        >
          {t("undo")}
        </button>
      )}
      <button type="button" className="btn quiet icon-only" aria-label={t("dismiss")} onClick={() => dismiss(id)}>
        <X className="icon sm" />
      </button>
    </div>
  );
}
