import { Maximize, Minus, Plus } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { wholeOf, type Area } from "../../graph/mask/grid";
import { opaque, overlay } from "../../graph/mask/picture";
import type { Viewport } from "../../graph/viewport";
import type { Board } from "./board";
import { Cursor } from "./Cursor";
import { useTools } from "./tools";
import { usePainting } from "./usePainting";

const NEAREST = 16;
const FARTHEST = 0.05;
const MARGIN = 56;
/** A small picture is enlarged so far, that its pixels can be painted. */
const ENLARGED = 8;

/** The picture with its mask over it: paint, zoom by the wheel, move with the middle button, the space bar or the hand. */
export function MaskStage({ board }: { readonly board: Board }) {
  const { t } = useTranslation();
  const { width, height } = board.picture;
  const stage = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<Viewport>({ x: 0, y: 0, zoom: 1 });
  const look = useTools((tools) => tools.look);
  const tool = useTools((tools) => tools.tool);
  const grain = 2 ** Math.round(Math.log2(1 / view.zoom));
  const zoomTo = useCallback((zoom: number, at?: { x: number; y: number }) => {
    const box = stage.current?.getBoundingClientRect();
    const middle = { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 };
    setView((now) => zoomAbout(now, at ?? middle, Math.min(NEAREST, Math.max(FARTHEST, zoom))));
  }, []);
  const fitAll = useCallback(() => {
    const box = stage.current?.getBoundingClientRect();
    if (box) setView(whole(width, height, box));
  }, [width, height]);
  useLayoutEffect(fitAll, [fitAll]);
  useLayoutEffect(() => {
    below.current?.getContext("2d")?.putImageData(imageOf(opaque(board.picture).data, width, height), 0, 0);
  }, [board, width, height]);
  useLayoutEffect(() => {
    const draw = (area: Area) => {
      if (area.width === 0 || area.height === 0) return;
      const image = imageOf(overlay(board.shown, area, look, grain), area.width, area.height);
      above.current?.getContext("2d")?.putImageData(image, area.x, area.y);
    };
    draw(wholeOf(board.shown));
    return board.onDraw((area) => draw(look === "hatch" ? grown(area, grain, board) : area));
  }, [board, look, grain]);
  const { handlers, touch, erasing } = usePainting(board, stage, view, setView);
  useWheelZoom(stage, view.zoom, zoomTo);
  return (
    <>
      <div
        ref={stage}
        className={`mask-stage tool-${tool}`}
        role="application"
        tabIndex={0}
        aria-label={t("masking.canvas", {
          width: String(width),
          height: String(height),
          share: String(Math.round(board.share * 100)),
        })}
        {...handlers}
      >
        <div
          className={`mask-sheet${view.zoom >= 2 ? " near" : ""}`}
          style={{ width, height, transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` }}
        >
          <canvas ref={below} width={width} height={height} />
          <canvas ref={above} width={width} height={height} data-testid="mask-overlay" />
        </div>
        <Cursor touch={touch} view={view} erasing={erasing} />
      </div>
      <div className="float-bar mask-zoom" role="toolbar" aria-label={t("zoom")}>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("zoomOut")}
          onClick={() => zoomTo(view.zoom / 1.25)}
        >
          <Minus className="icon" />
        </button>
        <button type="button" className="btn quiet" aria-label={t("zoomReset")} onClick={() => zoomTo(1)}>
          {Math.round(view.zoom * 100)}%
        </button>
        <button
          type="button"
          className="btn quiet icon-only"
          aria-label={t("zoomIn")}
          onClick={() => zoomTo(view.zoom * 1.25)}
        >
          <Plus className="icon" />
        </button>
        <button type="button" className="btn quiet icon-only" aria-label={t("fit")} onClick={fitAll}>
          <Maximize className="icon" />
        </button>
      </div>
    </>
  );
}

function useWheelZoom(
  stage: React.RefObject<HTMLElement | null>,
  zoom: number,
  zoomTo: (zoom: number, at: { x: number; y: number }) => void,
): void {
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const turned = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoomTo(zoom * 2 ** (-event.deltaY / 400), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  }, [stage, zoom, zoomTo]);
}

function imageOf(data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): ImageData {
  return new ImageData(data, width, height);
}

/** The outline of a place follows from what lies around it. */
function grown(area: Area, grain: number, { picture }: Board): Area {
  const margin = Math.ceil(grain) + 1;
  const [x, y] = [Math.max(0, area.x - margin), Math.max(0, area.y - margin)];
  return {
    x,
    y,
    width: Math.min(picture.width, area.x + area.width + margin) - x,
    height: Math.min(picture.height, area.y + area.height + margin) - y,
  };
}

/** The whole picture in the middle. */
function whole(width: number, height: number, box: { readonly width: number; readonly height: number }): Viewport {
  const wanted = Math.min((box.width - 2 * MARGIN) / width, (box.height - 2 * MARGIN) / height);
  const zoom = Math.min(ENLARGED, Math.max(FARTHEST, wanted));
  return { x: (box.width - zoom * width) / 2, y: (box.height - zoom * height) / 2, zoom };
}

/** Zoom so that what lies at a place stays there. */
function zoomAbout({ x, y, zoom }: Viewport, at: { readonly x: number; readonly y: number }, wanted: number): Viewport {
  const by = wanted / zoom;
  return { x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by, zoom: wanted };
}
