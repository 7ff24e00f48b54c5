import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** The buttons at the foot, the one that is meant last. */
  readonly actions?: ReactNode;
  readonly size?: "small" | "medium" | "large";
}

/** A window in front of the page that keeps the focus until it is closed. */
export function Dialog({ title, onClose, children, actions, size = "medium" }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // It would begin with the button that closes it.
    shown?.querySelector<HTMLElement>("[data-first], .dialog-body input, .dialog-body select")?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${size}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-sheet">
        <div className="pane-head">
          <h2 id={id} className="grow clip">
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
        </div>
        <div className="dialog-body">{children}</div>
        {actions !== undefined && <div className="dialog-foot">{actions}</div>}
      </div>
    </dialog>
  );
}
