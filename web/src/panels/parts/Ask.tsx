import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "./Dialog";

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  /** What it is about, to be seen. */
  readonly children?: ReactNode;
  readonly verb: string;
  readonly onYes: () => void;
  readonly onClose: () => void;
}

/** Ask before something is gone for good. */
export function Confirm({ title, text, children, verb, onYes, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  const yes = () => {
    onClose();
    onYes();
  };
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="btn quiet" data-first onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="button" className="btn bad" onClick={yes}>
            {verb}
          </button>
        </>
      }
    >
      <p>{text}</p>
      {children}
    </Dialog>
  );
}

interface NameProps {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly verb: string;
  readonly hint?: string;
  /** Why a name cannot be taken, or null. */
  readonly refuse?: (name: string) => string | null;
  readonly onName: (name: string) => void;
  readonly onClose: () => void;
}

/** Ask for a name. */
export function AskName({ title, label, value, verb, hint, refuse, onName, onClose }: NameProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(value);
  const wanted = name.trim();
  const why = wanted === "" ? null : (refuse?.(wanted) ?? null);
  const done = () => {
    if (wanted === "" || why !== null) return;
    onClose();
    onName(wanted);
  };
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="btn quiet" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="button" className="btn primary" disabled={wanted === "" || why !== null} onClick={done}>
            {verb}
          </button>
        </>
      }
    >
      <label className="asked">
        <span>{label}</span>
        <span className="input">
          <input
            autoFocus
            value={name}
            aria-invalid={why !== null}
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && done()}
          />
        </span>
        {why === null ? hint !== undefined && <small>{hint}</small> : <small className="danger">{why}</small>}
      </label>
    </Dialog>
  );
}
