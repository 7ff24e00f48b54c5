import { useEffect, useId, useRef, type ReactNode } from "react";

import { PaneHead } from "../../widgets/PaneHead";

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
        <PaneHead id={id} title={title} onClose={onClose} />
        <div className="dialog-body">{children}</div>
        {actions !== undefined && <div className="dialog-foot">{actions}</div>}
      </div>
    </dialog>
  );
}
