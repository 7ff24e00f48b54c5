import type { ReactNode } from "react";

import { perform, useActions } from "../state/actions";
import { useDocuments } from "../state/documents";

interface Props {
  readonly action: string;
  readonly label: string;
  readonly className?: string;
  /** Shown pressed: what it turns on is on. */
  readonly on?: boolean;
  readonly children: ReactNode;
}

/** A button for something that the palette and the keyboard can do as well; grey where it cannot be done now. */
export function ActionButton({ action, label, className = "", on, children }: Props) {
  const known = useActions(({ actions }) => actions.get(action));
  const able = useDocuments(() => known !== undefined && known.enabled?.() !== false); // asked when a document changes
  const keys = known?.keys[0];
  return (
    <button
      type="button"
      className={`btn ${className}${on ? " on" : ""}`}
      title={keys ? `${label} (${keys})` : label}
      aria-label={label}
      aria-pressed={on}
      disabled={!able}
      onClick={() => perform(action)}
    >
      {children}
    </button>
  );
}
