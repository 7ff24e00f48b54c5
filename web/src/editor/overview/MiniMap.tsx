import { useStoreApi, type ReactFlowState } from "@xyflow/react";
import { useEffect, useMemo, useRef, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Box } from "../../graph/document/model";
import { cover } from "../../graph/edit/place";
import { mapFrame, shown, type Viewport } from "../../graph/viewport";
import { useTheme } from "../../state/settings";
import { paintMap, paletteOf, prepare } from "./paint";
import { usePainting } from "./usePainting";

const SIZE = { width: 182, height: 114 };
const MARGIN = 12;
const PAUSE = 80;

/** Where one is in the graph; a click or a drag goes elsewhere. React Flow's own goes blank when nodes are not drawn. */
export function MiniMap() {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const mark = useRef<HTMLElement>(null);
  const painting = usePainting();
  const theme = useTheme();
  const store = useStoreApi();
  const { nodes } = painting.scene;
  const whole = useMemo(() => (nodes.size > 0 ? cover(Array.from(nodes.values(), ({ box }) => box)) : null), [nodes]);

  useEffect(() => {
    const paint = () => {
      const context = canvas.current && prepare(canvas.current, SIZE);
      if (canvas.current && context && whole)
        paintMap(context, painting, mapFrame(whole, SIZE, MARGIN), paletteOf(canvas.current));
    };
    const timer = setTimeout(paint, PAUSE); // once a drag pauses: a map that follows each move costs more than the move
    return () => clearTimeout(timer);
  }, [painting, whole, theme]);

  useEffect(() => {
    const draw = () => {
      const { window, frame } = sightOf(store.getState(), whole);
      if (mark.current) show(mark.current, window, frame);
    };
    draw();
    return store.subscribe(draw);
  }, [store, whole]);

  const go = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    const flow = store.getState();
    const { window, frame } = sightOf(flow, whole);
    const area = event.currentTarget.getBoundingClientRect();
    const at = {
      x: (event.clientX - area.left - frame.x) / frame.zoom,
      y: (event.clientY - area.top - frame.y) / frame.zoom,
    };
    const zoom = flow.transform[2];
    void flow.panBy({
      x: (window.x + window.width / 2 - at.x) * zoom,
      y: (window.y + window.height / 2 - at.y) * zoom,
    });
  };

  return (
    <div className="minimap" role="img" aria-label={t("mapOf")} onPointerDown={go} onPointerMove={go}>
      <canvas ref={canvas} />
      <i ref={mark} className="window" />
    </div>
  );
}

interface Sight {
  /** What one sees of the graph. */
  readonly window: Box;
  /** How the graph lies in the map. */
  readonly frame: Viewport;
}

function sightOf({ transform, width, height }: ReactFlowState, whole: Box | null): Sight {
  const [x, y, zoom] = transform;
  const window = shown({ x, y, zoom }, { width, height });
  return { window, frame: mapFrame(whole ?? window, SIZE, MARGIN) };
}

/** Put the mark where one looks. It is pushed, so a map beside a graph that moves costs the page no layout. */
function show({ style }: HTMLElement, window: Box, frame: Viewport): void {
  const left = clamp(frame.x + window.x * frame.zoom, SIZE.width);
  const top = clamp(frame.y + window.y * frame.zoom, SIZE.height);
  const right = clamp(frame.x + (window.x + window.width) * frame.zoom, SIZE.width);
  const bottom = clamp(frame.y + (window.y + window.height) * frame.zoom, SIZE.height);
  style.transform = `translate(${left}px, ${top}px)`;
  style.width = `${right - left}px`;
  style.height = `${bottom - top}px`;
}

function clamp(value: number, size: number): number {
  return Math.round(Math.min(size - 3, Math.max(3, value)));
}
