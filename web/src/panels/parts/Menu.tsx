import { Ellipsis } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";

import { Menu as MenuAt, type MenuPart } from "../../widgets/Menu";

export interface MenuItem {
  readonly label: string;
  readonly keys?: string;
  readonly disabled?: boolean;
  readonly onPick: () => void;
}

interface Props {
  readonly label: string;
  /** A line stands between groups. */
  readonly items: readonly (MenuItem | "line")[];
  readonly className?: string;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
}

const DOUBLE = 300;

/** A button that opens a list of things to do. */
export function Menu({ label, items, className = "quiet icon-only", disabled = false, children }: Props) {
  const [at, setAt] = useState<{ x: number; y: number } | null>(null);
  const closed = useRef(-DOUBLE);
  const id = useId();
  const parts = items.map((item): MenuPart =>
    item === "line"
      ? item
      : { id: `${id} ${item.label}`, label: item.label, keys: item.keys, enabled: !item.disabled, run: item.onPick },
  );
  return (
    <>
      <button
        type="button"
        className={className.startsWith("chip") ? className : `btn ${className}`}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        disabled={disabled}
        onClick={(event) => {
          event.stopPropagation();
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          // The press that this click ends has just closed it.
          if (event.timeStamp - closed.current > DOUBLE) setAt({ x: left, y: bottom + 4 });
        }}
      >
        {children ?? <Ellipsis className="icon sm" />}
      </button>
      {at && (
        <MenuAt
          label={label}
          at={at}
          parts={parts}
          onClose={() => {
            closed.current = performance.now();
            setAt(null);
          }}
        />
      )}
    </>
  );
}
