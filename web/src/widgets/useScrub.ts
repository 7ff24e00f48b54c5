import { useRef, type PointerEvent } from "react";

import { atShare, nudged, type NumberWidget, type Pace } from "../graph/values/number";
import type { Dragging, Hand } from "./hand";

interface Scrub {
  readonly x: number;
  readonly width: number;
  readonly value: bigint | number;
  readonly share: number | null;
  dragging: Dragging | null;
}

interface Handlers {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerCancel: () => void;
}

/** Pixels before a press counts as a drag, and pixels for each step of a number without two ends. */
const STILL = 3;
const PER_STEP = 4;

/** Drag a number: along its range where it has one, else step by step. A press without a drag is a click. */
export function useScrub(
  widget: NumberWidget,
  value: bigint | number,
  share: number | null,
  hand: Hand,
  onPress: () => void,
): Handlers {
  const scrub = useRef<Scrub | null>(null);
  const end = (cancelled: boolean) => {
    if (cancelled) scrub.current?.dragging?.cancel();
    scrub.current = null;
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0 || event.target instanceof HTMLInputElement || inButton(event)) return;
      event.stopPropagation();
      event.currentTarget.setPointerCapture(event.pointerId);
      const { width } = event.currentTarget.getBoundingClientRect();
      scrub.current = { x: event.clientX, width, value, share, dragging: null };
    },
    onPointerMove: (event) => {
      const now = scrub.current;
      if (!now) return;
      const moved = event.clientX - now.x;
      if (!now.dragging && Math.abs(moved) < STILL) return;
      now.dragging ??= hand.drag();
      now.dragging?.to(valueAfter(widget, now, moved, paceOf(event)));
    },
    onPointerUp: (event) => {
      const pressed = scrub.current !== null && scrub.current.dragging === null;
      end(false);
      if (event.currentTarget.hasPointerCapture(event.pointerId))
        event.currentTarget.releasePointerCapture(event.pointerId);
      if (pressed) onPress();
    },
    onPointerCancel: () => end(true),
  };
}

export function paceOf({ shiftKey, altKey }: { readonly shiftKey: boolean; readonly altKey: boolean }): Pace {
  return shiftKey ? "coarse" : altKey ? "fine" : "plain";
}

function valueAfter(widget: NumberWidget, { value, share, width }: Scrub, moved: number, pace: Pace) {
  if (share === null || pace !== "plain") return nudged(widget, value, Math.round(moved / PER_STEP), pace);
  return atShare(widget, Math.min(1, Math.max(0, share + moved / Math.max(1, width))), pace);
}

function inButton({ target, currentTarget }: PointerEvent<HTMLElement>): boolean {
  const button = (target as Element).closest("button");
  return button !== null && currentTarget.contains(button);
}
