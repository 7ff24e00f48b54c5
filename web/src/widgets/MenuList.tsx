import type { LucideIcon } from "lucide-react";
import { useEffect, useRef, type KeyboardEvent } from "react";

export interface MenuEntry {
  readonly label: string;
  readonly icon?: LucideIcon;
  /** One of several of which one holds. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  /** A line stands above it. */
  readonly divided?: boolean;
  readonly onPick: () => void;
}

interface Props {
  readonly entries: readonly MenuEntry[];
  readonly check: LucideIcon;
  readonly onClose: () => void;
}

/** The entries of a menu: arrows go from one to the next, Enter picks. */
export function MenuList({ entries, check: Check, onClose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const buttons = list.current?.querySelectorAll<HTMLButtonElement>("button:enabled");
    const first = list.current?.querySelector<HTMLButtonElement>("button[aria-checked=true]") ?? buttons?.[0];
    first?.focus({ preventScroll: true });
  }, []);
  return (
    <div ref={list} role="presentation" className="menu-list" onKeyDown={move}>
      {entries.map(({ label, icon: Icon, checked, disabled = false, divided = false, onPick }) => (
        <button
          key={label}
          type="button"
          role={checked === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={checked}
          className={`menu-row${divided ? " divided" : ""}`}
          disabled={disabled}
          onClick={() => {
            onClose();
            onPick();
          }}
        >
          {Icon && <Icon className="icon sm" />}
          <span className="grow">{label}</span>
          {checked && <Check className="icon sm" />}
        </button>
      ))}
    </div>
  );

  function move(event: KeyboardEvent) {
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>("button:enabled") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons.at(next % buttons.length)?.focus();
  }
}
