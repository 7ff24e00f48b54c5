import { useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Size, Viewport } from "../../graph/viewport";
import { useTheme } from "../../state/settings";
import { paintOverview, paletteOf, prepare, type Painting } from "./paint";
import { usePainting } from "./usePainting";

/** So many pixels are painted beyond each edge of what is seen: while one moves about, the picture is only pushed. */
const BEYOND = 128;

/** The graph from afar, on one canvas: nodes would be too small to read and too many to keep. */
export function Overview() {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const painting = usePainting();
  const theme = useTheme();

  useEffect(() => {
    if (!canvas.current) return;
    const picture = new Picture(canvas.current, painting);
    let frame = 0;
    const look = () => {
      frame = 0;
      const { transform, width, height } = store.getState();
      picture.show({ x: transform[0], y: transform[1], zoom: transform[2] }, { width, height });
    };
    look();
    const stop = store.subscribe(() => {
      if (frame === 0) frame = requestAnimationFrame(look);
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [store, painting, theme]);

  return (
    <canvas
      ref={canvas}
      className="overview"
      style={{ left: -BEYOND, top: -BEYOND }}
      role="img"
      aria-label={t("overviewOf", { count: painting.scene.nodes.size })}
    />
  );
}

/** One painting on a canvas, painted again only where pushing what is there would not do. */
class Picture {
  private painted: { readonly at: Viewport; readonly window: Size } | null = null;
  private readonly palette;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly painting: Painting,
  ) {
    this.palette = paletteOf(canvas);
  }

  show(at: Viewport, window: Size): void {
    const by = this.painted && pushed(this.painted.at, at);
    if (this.painted && by && sameSize(this.painted.window, window)) {
      this.canvas.style.transform = `translate(${by.x}px, ${by.y}px)`;
      return;
    }
    if (this.painted === null && this.isOutdated(window)) return; // the new width is told in a moment
    const size = { width: window.width + 2 * BEYOND, height: window.height + 2 * BEYOND };
    const context = prepare(this.canvas, size);
    if (!context) return;
    paintOverview(context, this.painting, { ...at, x: at.x + BEYOND, y: at.y + BEYOND }, this.palette);
    Object.assign(this.canvas.style, { width: `${size.width}px`, height: `${size.height}px`, transform: "" });
    this.painted = { at, window };
  }

  /** Is the canvas another size by now? Where the browser zooms, two ways to round a width differ by a pixel. */
  private isOutdated({ width }: Size): boolean {
    return Math.abs((this.canvas.parentElement?.clientWidth ?? width) - width) > 1;
  }
}

/** How far a picture has to be pushed to be right; null where more of the graph would be seen than was painted. */
function pushed(from: Viewport, to: Viewport): { readonly x: number; readonly y: number } | null {
  const by = { x: to.x - from.x, y: to.y - from.y };
  return from.zoom === to.zoom && Math.abs(by.x) <= BEYOND && Math.abs(by.y) <= BEYOND ? by : null;
}

function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
