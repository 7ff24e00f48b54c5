import { useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useMemo, useRef, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { cover } from "../../graph/edit/place";
import { mapFrame, shown } from "../../graph/viewport";
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
  const painting = usePainting();
  const theme = useTheme();
  const store = useStoreApi();
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const window = shown({ x, y, zoom }, { width, height });
  const { nodes } = painting.scene;
  const whole = useMemo(() => (nodes.size > 0 ? cover(Array.from(nodes.values(), ({ box }) => box)) : null), [nodes]);
  const frame = mapFrame(whole ?? window, SIZE, MARGIN);

  useEffect(() => {
    const paint = () => {
      const context = canvas.current && prepare(canvas.current, SIZE);
      if (canvas.current && context && whole)
        paintMap(context, painting, mapFrame(whole, SIZE, MARGIN), paletteOf(canvas.current));
    };
    const timer = setTimeout(paint, PAUSE); // once a drag pauses: a map that follows each move costs more than the move
    return () => clearTimeout(timer);
  }, [painting, whole, theme]);

  const go = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    const area = event.currentTarget.getBoundingClientRect();
    const at = {
      x: (event.clientX - area.left - frame.x) / frame.zoom,
      y: (event.clientY - area.top - frame.y) / frame.zoom,
    };
    void store.getState().panBy({ x: width / 2 - at.x * zoom - x, y: height / 2 - at.y * zoom - y });
  };

  const left = clamp(frame.x + window.x * frame.zoom, SIZE.width);
  const top = clamp(frame.y + window.y * frame.zoom, SIZE.height);
  const right = clamp(frame.x + (window.x + window.width) * frame.zoom, SIZE.width);
  const bottom = clamp(frame.y + (window.y + window.height) * frame.zoom, SIZE.height);
  return (
    <div className="minimap" role="img" aria-label={t("mapOf")} onPointerDown={go} onPointerMove={go}>
      <canvas ref={canvas} />
      <i className="window" style={{ left, top, width: right - left, height: bottom - top }} />
    </div>
  );
}

function clamp(value: number, size: number): number {
  return Math.round(Math.min(size - 3, Math.max(3, value)));
}
