import type { Viewport } from "../../graph/viewport";
import { useTools } from "./tools";
import type { Place } from "./usePainting";

interface Props {
  /** Where the brush is, in pixels of the picture; with a corner where a rectangle is drawn. */
  readonly touch: Place | null;
  readonly view: Viewport;
  readonly erasing: boolean;
}

/** The rim of the brush, and inside it how far it is hard. */
export function Cursor({ touch, view, erasing }: Props) {
  const { tool, size, hardness } = useTools();
  if (!touch) return null;
  const at = { x: view.x + touch.x * view.zoom, y: view.y + touch.y * view.zoom };
  if (touch.from) {
    const start = { x: view.x + touch.from.x * view.zoom, y: view.y + touch.from.y * view.zoom };
    const style = {
      left: Math.min(at.x, start.x),
      top: Math.min(at.y, start.y),
      width: Math.abs(at.x - start.x),
      height: Math.abs(at.y - start.y),
    };
    return <i className="mask-marquee" style={style} />;
  }
  if (tool !== "brush" && tool !== "eraser") return null;
  const across = Math.max(4, size * view.zoom);
  return (
    <i
      className={`mask-cursor${erasing ? " erasing" : ""}`}
      style={{ left: at.x, top: at.y, width: across, height: across }}
    >
      <i style={{ inset: `${(1 - hardness) * 50}%` }} />
    </i>
  );
}
