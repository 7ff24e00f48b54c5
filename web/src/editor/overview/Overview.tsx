import { useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useTheme } from "../../state/settings";
import { paintOverview, paletteOf, prepare } from "./paint";
import { usePainting } from "./usePainting";

/** The graph from afar, on one canvas: nodes would be too small to read and too many to keep. */
export function Overview() {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const painting = usePainting();
  const theme = useTheme();

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const palette = paletteOf(element);
    let frame = 0;
    const paint = () => {
      frame = 0;
      const { transform, width, height } = store.getState();
      const context = prepare(element, { width, height });
      if (context) paintOverview(context, painting, { x: transform[0], y: transform[1], zoom: transform[2] }, palette);
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    paint();
    const stop = store.subscribe(soon);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [store, painting, theme]);

  return (
    <canvas
      ref={canvas}
      className="overview"
      role="img"
      aria-label={t("overviewOf", { count: painting.scene.nodes.size })}
    />
  );
}
