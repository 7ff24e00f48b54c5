import { FileText } from "lucide-react";
import { useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { artifactUrl } from "../../state/api/files";
import type { Artifact } from "../../wire/schema.gen";

interface Look {
  /** 1 fits the picture into the stage. */
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const WHOLE: Look = { zoom: 1, x: 0, y: 0 };
const DEEPEST = 32;

/** One picture, as large as it fits; the wheel looks closer, dragging moves it, a double-click goes back. */
export function Stage({ picture }: { readonly picture: Artifact }) {
  const { t } = useTranslation();
  const [look, setLook] = useState(WHOLE);
  const [moving, setMoving] = useState(false);
  const from = useRef({ x: 0, y: 0 });
  const zoomBy = (factor: number, at: { x: number; y: number } = { x: 0, y: 0 }) =>
    setLook((now) => {
      const zoom = Math.min(DEEPEST, Math.max(1, now.zoom * factor));
      if (zoom === 1) return WHOLE;
      const by = zoom / now.zoom;
      return { zoom, x: at.x - (at.x - now.x) * by, y: at.y - (at.y - now.y) * by };
    });
  const move = (event: PointerEvent) => {
    if (!moving) return;
    const { x, y } = from.current;
    from.current = { x: event.clientX, y: event.clientY };
    setLook((now) => ({ ...now, x: now.x + event.clientX - x, y: now.y + event.clientY - y }));
  };
  if (!picture.media_type.startsWith("image/")) {
    return (
      <div className="stage">
        <p className="soft">
          <FileText className="icon" /> {picture.name}
        </p>
      </div>
    );
  }
  return (
    <div
      className={`stage${look.zoom > 1 ? " near" : ""}`}
      role="group"
      tabIndex={0}
      aria-label={t("galleryView.zoomHelp")}
      onWheel={(event) => {
        const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
        const at = { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
        zoomBy(Math.exp(-event.deltaY / 400), at);
      }}
      onDoubleClick={() => setLook(look.zoom > 1 ? WHOLE : { ...WHOLE, zoom: 2 })}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, y: event.clientY };
        setMoving(look.zoom > 1);
      }}
      onPointerMove={move}
      onPointerUp={() => setMoving(false)}
      onKeyDown={(event) => {
        if (event.key === "+" || event.key === "=") zoomBy(1.5);
        else if (event.key === "-") zoomBy(1 / 1.5);
        else if (event.key === "0" || event.key === ".") setLook(WHOLE);
        else return;
        event.stopPropagation();
      }}
    >
      <img
        src={artifactUrl(picture.sha256)}
        alt={picture.name}
        className={isSmall(picture) || look.zoom > 3 ? "pixels" : ""}
        draggable={false}
        style={{ transform: `translate(${look.x}px, ${look.y}px) scale(${look.zoom})` }}
      />
    </div>
  );
}

/** Tiny pictures are shown pixel by pixel instead of smoothed. */
export function isSmall({ width, height }: Pick<Artifact, "width" | "height">): boolean {
  return Math.max(width ?? 0, height ?? 0) <= 128;
}
