import { useEffect, useRef, type RefObject } from "react";

/** Turning the wheel over something that has the focus does something there instead of moving the canvas. */
export function useWheel(
  target: RefObject<HTMLElement | null>,
  active: boolean,
  turn: (direction: 1 | -1, event: WheelEvent) => void,
): void {
  const latest = useRef(turn);
  useEffect(() => {
    latest.current = turn;
  });
  useEffect(() => {
    const element = target.current;
    if (!active || !element) return;
    // React listens passively: it could not keep the page from scrolling
    const turned = (event: WheelEvent) => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(event.deltaY < 0 ? 1 : -1, event);
    };
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  }, [target, active]);
}
