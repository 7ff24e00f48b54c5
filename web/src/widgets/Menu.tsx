import { Check, ChevronRight } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { createPortal } from "react-dom";

import { showKeys } from "./keys";

export interface MenuLine {
  readonly id: string;
  readonly label: string;
  readonly keys?: string | undefined;
  readonly enabled: boolean;
  /** A dot of this colour stands before the label. */
  readonly swatch?: string | undefined;
  readonly checked?: boolean | undefined;
  readonly run: () => void;
  readonly inner?: readonly MenuPart[];
}
export type MenuPart = MenuLine | "line";

interface Props {
  readonly label: string;
  /** Where its upper left corner goes, in the window; it stays inside. */
  readonly at: { readonly x: number; readonly y: number };
  readonly parts: readonly MenuPart[];
  readonly onClose: () => void;
  /** Only this menu closes, and the one that opened it has the keyboard again. */
  readonly onBack?: (() => void) | undefined;
}

const EDGE = 8;

interface Opened {
  readonly id: string;
  readonly row: HTMLElement;
  readonly edge: DOMRect;
}

/** A menu at a point: arrows go through it, letters jump, Enter does, Escape closes. */
export function Menu({ label, at, parts, onClose, onBack }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<Opened | null>(null);
  const before = useRef(document.activeElement);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(EDGE, Math.min(at.x, innerWidth - width - EDGE))}px`;
    element.style.top = `${Math.max(EDGE, Math.min(at.y, innerHeight - height - EDGE))}px`;
    entriesIn(element)[0]?.focus({ preventScroll: true });
  }, [at, parts]);

  useEffect(() => {
    if (onBack) return;
    const outside = (event: PointerEvent) => {
      if (!(event.target instanceof Element && event.target.closest("[role=menu]"))) onClose();
    };
    const restore = before.current;
    window.addEventListener("pointerdown", outside, true);
    window.addEventListener("blur", onClose);
    return () => {
      window.removeEventListener("pointerdown", outside, true);
      window.removeEventListener("blur", onClose);
      const lost = document.activeElement === null || document.activeElement === document.body;
      if (lost && restore instanceof HTMLElement && restore.isConnected) restore.focus({ preventScroll: true });
    };
  }, [onBack, onClose]);

  const close = () => {
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
    onClose();
  };
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    event.stopPropagation();
    const entries = list.current ? entriesIn(list.current) : [];
    const here = entries.indexOf(document.activeElement as HTMLElement);
    const to = target(event.key, here, entries);
    if (to !== null) entries[to]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key === "ArrowLeft" && onBack) onBack();
    else if (event.key === "ArrowRight") openInner(entries[here]);
    else return;
    event.preventDefault();
  };

  const openInner = (row: HTMLElement | undefined) => {
    const id = row?.dataset.inner;
    if (row && id !== undefined) setOpen({ id, row, edge: row.getBoundingClientRect() });
  };
  const inner = parts.find((each): each is MenuLine => each !== "line" && each.id === open?.id);
  return createPortal(
    <>
      <div className="menu" role="menu" aria-label={label} ref={list} onKeyDown={press}>
        {parts.map((part, index) =>
          part === "line" ? (
            <hr key={index} />
          ) : (
            <MenuRow
              key={part.id}
              part={part}
              open={open?.id === part.id}
              onEnter={(row) => (part.inner ? openInner(row) : setOpen(null))}
              onDone={() => {
                close();
                part.run();
              }}
            />
          ),
        )}
      </div>
      {inner?.inner && open && (
        <Menu
          label={inner.label}
          at={{
            x: open.edge.right + 216 > innerWidth ? open.edge.left - 200 : open.edge.right - 4,
            y: open.edge.top - 5,
          }}
          parts={inner.inner}
          onClose={onClose}
          onBack={() => {
            setOpen(null);
            open.row.focus();
          }}
        />
      )}
    </>,
    document.querySelector("main") ?? document.body, // what lies outside of all landmarks is not found by them
  );
}

interface RowProps {
  readonly part: MenuLine;
  readonly open: boolean;
  readonly onEnter: (row: HTMLElement) => void;
  readonly onDone: () => void;
}

function MenuRow({ part, open, onEnter, onDone }: RowProps) {
  const { label, keys, enabled, swatch, checked, inner } = part;
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemcheckbox"}
      aria-checked={checked}
      aria-disabled={!enabled}
      aria-haspopup={inner ? "menu" : undefined}
      aria-expanded={inner ? open : undefined}
      data-inner={inner ? part.id : undefined}
      tabIndex={-1}
      onPointerEnter={(event) => {
        event.currentTarget.focus({ preventScroll: true });
        if (enabled) onEnter(event.currentTarget);
      }}
      onClick={(event) => {
        if (!enabled) return;
        if (inner) onEnter(event.currentTarget);
        else onDone();
      }}
    >
      {swatch !== undefined && <i className="swatch-dot" style={{ background: swatch }} />}
      <span className="grow clip">{label}</span>
      {checked === true && <Check className="icon sm" />}
      {keys !== undefined && <kbd>{showKeys(keys)}</kbd>}
      {inner && <ChevronRight className="icon sm" />}
    </button>
  );
}

function entriesIn(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[role^=menuitem]")];
}

/** Where a key leads among the entries: letters to the next that begins with them. */
function target(key: string, here: number, entries: readonly HTMLElement[]): number | null {
  const count = entries.length;
  if (key === "ArrowDown") return (here + 1) % count;
  if (key === "ArrowUp") return (here - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key.length !== 1 || key === " ") return null;
  for (let step = 1; step <= count; step++) {
    const index = (here + step) % count;
    if (entries[index]?.textContent.toLowerCase().startsWith(key.toLowerCase())) return index;
  }
  return null;
}
