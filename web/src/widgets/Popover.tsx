import { useEffect, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { createPortal } from "react-dom";

interface Props {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly label: string;
  readonly role?: "dialog" | "menu" | "listbox";
  readonly width?: number;
  readonly className?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const EDGE = 8;

/** What opens beside a field, in front of everything: Escape, a click elsewhere or a turn of the wheel there closes it. */
export function Popover({ anchor, label, role = "dialog", width = 280, className = "", onClose, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useLayoutEffect(() => {
    const [shown, beside] = [box.current, anchor.current];
    if (!shown || !beside) return;
    shown.showPopover();
    const place = () => put(shown, beside, width);
    place();
    const sizes = new ResizeObserver(place);
    sizes.observe(shown);
    const closed = (event: ToggleEvent) => event.newState === "closed" && close.current();
    const turned = (event: Event) => !shown.contains(event.target as Node) && close.current();
    shown.addEventListener("toggle", closed);
    window.addEventListener("wheel", turned, { capture: true, passive: true });
    window.addEventListener("resize", place);
    return () => {
      sizes.disconnect();
      shown.removeEventListener("toggle", closed);
      window.removeEventListener("wheel", turned, { capture: true });
      window.removeEventListener("resize", place);
      // who had the focus gets it back, unless another has taken it meanwhile
      if (shown.contains(document.activeElement)) beside.focus({ preventScroll: true });
    };
  }, [anchor, width]);
  return createPortal(
    <div
      ref={box}
      popover="auto"
      role={role}
      aria-label={label}
      className={`widget-pop ${className}`}
      onKeyDown={keep}
      onPointerDown={(event) => event.stopPropagation()}
      onMouseDown={(event) => event.stopPropagation()}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onContextMenu={(event) => event.stopPropagation()}
    >
      {children}
    </div>,
    document.body,
  );

  /** Keys are for what is open, and not for the graph behind it. */
  function keep(event: KeyboardEvent) {
    if (event.key === "Escape") {
      event.preventDefault();
      close.current();
    }
    event.stopPropagation();
    event.nativeEvent.stopPropagation();
  }
}

function put(shown: HTMLElement, beside: HTMLElement, width: number): void {
  const { left, top, bottom, width: wide } = beside.getBoundingClientRect();
  const across = Math.max(width, Math.min(wide, 480));
  shown.style.width = `${across}px`;
  const height = shown.offsetHeight;
  const below = window.innerHeight - bottom - EDGE;
  const under = height <= below || below >= top;
  const x = Math.max(EDGE, Math.min(left, window.innerWidth - across - EDGE));
  const y = under ? bottom + 4 : top - 4 - height;
  shown.style.left = `${x}px`;
  shown.style.top = `${Math.max(EDGE, Math.min(y, window.innerHeight - height - EDGE))}px`;
}
