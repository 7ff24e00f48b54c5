import { useLayoutEffect, useRef, type ReactNode, type RefObject } from "react";
import { createPortal } from "react-dom";

interface Props {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly id: string;
  readonly children: ReactNode;
}

/** A line below a field that says what is wrong with what stands there. */
export function Tip({ anchor, id, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [shown, beside] = [box.current, anchor.current];
    if (!shown || !beside) return;
    shown.showPopover();
    const { right, bottom } = (beside.closest(".field") ?? beside).getBoundingClientRect();
    shown.style.left = `${Math.max(8, right - shown.offsetWidth)}px`;
    shown.style.top = `${bottom + 4}px`;
  });
  return createPortal(
    <div ref={box} id={id} popover="manual" role="alert" className="widget-tip">
      {children}
    </div>,
    document.body,
  );
}
