import { useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from "react";

import type { Touch } from "../../graph/mask/brush";
import { fillArea, flood } from "../../graph/mask/grid";
import type { Viewport } from "../../graph/viewport";
import type { Board } from "./board";
import { brushOf, useTools } from "./tools";

export interface Place {
  readonly x: number;
  readonly y: number;
  /** The other corner, while a rectangle is drawn. */
  readonly from?: { readonly x: number; readonly y: number };
}

type Doing =
  | { readonly kind: "stroke" }
  | { readonly kind: "rectangle"; readonly x: number; readonly y: number; readonly value: number }
  | { readonly kind: "pan"; readonly x: number; readonly y: number; readonly view: Viewport };

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The hand on the picture, by mouse, pen and keyboard. */
// eslint-disable-next-line max-lines-per-function -- one gesture after the other, sharing what the hand does now
export function usePainting(
  board: Board,
  stage: RefObject<HTMLElement | null>,
  view: Viewport,
  setView: (view: Viewport) => void,
) {
  const doing = useRef<Doing | null>(null);
  const space = useRef(false);
  const [touch, setTouch] = useState<Place | null>(null);
  const [erasing, setErasing] = useState(false);

  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      event.currentTarget.focus({ preventScroll: true });
      event.currentTarget.setPointerCapture(event.pointerId);
      const at = placeOf(event);
      if (event.button === 1 || space.current || useTools.getState().tool === "hand")
        doing.current = { kind: "pan", x: event.clientX, y: event.clientY, view };
      else if (event.button === 0 || event.button === 5) begin(at, event.altKey || event.button === 5);
      event.preventDefault();
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const at = placeOf(event);
      setErasing(event.altKey);
      const now = doing.current;
      if (now?.kind === "pan")
        setView({ ...view, x: now.view.x + event.clientX - now.x, y: now.view.y + event.clientY - now.y });
      else if (now?.kind === "stroke") for (const each of passed(event.nativeEvent)) board.move(placeOf(pointOf(each)));
      setTouch(now?.kind === "rectangle" ? { ...at, from: now } : at);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => finish(placeOf(event)),
    onPointerCancel: () => finish(null),
    onPointerLeave: () => setTouch(null),
    onKeyDown: (event: KeyboardEvent) => {
      setErasing(event.altKey);
      if (event.key === " ") space.current = true;
      else if (event.ctrlKey || event.metaKey || !step(event)) return;
      event.preventDefault();
    },
    onKeyUp: (event: KeyboardEvent) => {
      setErasing(event.altKey);
      if (event.key === " ") space.current = false;
    },
    onBlur: () => (space.current = false),
  };
  return { handlers, touch, erasing };

  function begin(at: Touch, erase: boolean) {
    const tools = useTools.getState();
    const { value } = brushOf(tools, erase);
    if (tools.tool === "bucket") board.apply((mask) => flood(mask, Math.floor(at.x), Math.floor(at.y), value));
    else if (tools.tool === "rectangle") doing.current = { kind: "rectangle", x: at.x, y: at.y, value };
    else {
      doing.current = { kind: "stroke" };
      board.press(brushOf(tools, erase), at);
    }
  }

  function finish(at: Touch | null) {
    const now = doing.current;
    doing.current = null;
    if (now?.kind === "stroke") board.release();
    if (now?.kind !== "rectangle" || !at) return;
    const [x, y] = [Math.round(Math.min(now.x, at.x)), Math.round(Math.min(now.y, at.y))];
    const [right, bottom] = [Math.round(Math.max(now.x, at.x)), Math.round(Math.max(now.y, at.y))];
    board.apply((mask) => fillArea(mask, { x, y, width: right - x, height: bottom - y }, now.value));
    setTouch(at);
  }

  /** Arrows move the brush, Enter puts it down once. */
  function step({ key, shiftKey, altKey }: KeyboardEvent): boolean {
    const { width, height } = board.picture;
    const from = touch ?? { x: width / 2, y: height / 2 };
    const way = STEPS[key];
    if (way) {
      const far = shiftKey ? 1 : Math.max(1, useTools.getState().size / 4);
      const corner = doing.current?.kind === "rectangle" && { from: doing.current };
      setTouch({
        ...corner,
        x: Math.min(width, Math.max(0, from.x + way[0] * far)),
        y: Math.min(height, Math.max(0, from.y + way[1] * far)),
      });
      return true;
    }
    if (key !== "Enter") return false;
    if (useTools.getState().tool === "rectangle") {
      // one Enter for each of two corners
      const now = doing.current;
      if (now?.kind === "rectangle") finish({ x: from.x, y: from.y, press: 1 });
      else {
        begin({ x: from.x, y: from.y, press: 1 }, altKey);
        setTouch({ x: from.x, y: from.y, from });
      }
      return true;
    }
    setTouch(from);
    begin({ x: from.x, y: from.y, press: 1 }, altKey);
    finish(null);
    return true;
  }

  function placeOf({
    clientX,
    clientY,
    pressure,
    pointerType,
  }: Pick<globalThis.PointerEvent, "clientX" | "clientY" | "pressure" | "pointerType">): Touch {
    const box = stage.current?.getBoundingClientRect();
    return {
      x: (clientX - (box?.left ?? 0) - view.x) / view.zoom,
      y: (clientY - (box?.top ?? 0) - view.y) / view.zoom,
      press: pointerType === "pen" && pressure > 0 ? pressure : 1,
    };
  }
}

/** Where the pen has been since the last event; some tell only where it is now. */
function passed(event: globalThis.PointerEvent): readonly globalThis.PointerEvent[] {
  const all = event.getCoalescedEvents();
  return all.length > 0 ? all : [event];
}

function pointOf({ clientX, clientY, pressure, pointerType }: globalThis.PointerEvent) {
  return { clientX, clientY, pressure, pointerType };
}
