import { ViewportPortal } from "@xyflow/react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import type { Point } from "../../graph/edit/nodes";
import { linkPath } from "../../graph/route";
import { socketClass } from "../../widgets/socket";
import { toClient } from "../camera";
import { placeOf } from "../gestures/linking";
import { scene } from "../here";
import { refusalText } from "../refusal";
import { useSession, type Linking } from "../session";

/** The link that is being dragged, and why it cannot go where the pointer is. */
export function LooseLink() {
  const { t } = useTranslation();
  const linking = useSession((session) => session.linking);
  if (!linking) return null;
  const { held, anchor, type, over } = linking;
  const end = targetOf(linking);
  const [from, to] = held.kind === "out" ? [anchor, end] : [end, anchor];
  const client = toClient(linking.at);
  const refusal = over?.refusal ?? null;
  return (
    <ViewportPortal>
      <svg className="loose" aria-hidden>
        <path className={`link dragging ${socketClass(type)}`} d={linkPath({ from, to, top: to.y - 16 })} />
      </svg>
      {refusal !== null &&
        refusal !== "same-side" &&
        createPortal(
          <div className="tip refusal" role="status" style={besides(client)}>
            <i className={`glyph ${socketClass(type)}`} aria-hidden />
            {refusalText(t, refusal)}
          </div>,
          document.body,
        )}
    </ViewportPortal>
  );
}

/** Right of the pointer, or left of it where the window ends. */
function besides({ x, y }: Point) {
  const top = Math.min(y + 18, innerHeight - 48);
  return x > innerWidth - 420 ? { right: innerWidth - x + 14, top } : { left: x + 14, top };
}

/** The loose end jumps to the port that would take it. */
function targetOf({ at, over }: Linking): Point {
  const port = over?.refusal === null ? over.port : null;
  if (!over || port === null) return at;
  const place = placeOf(over.node, port);
  const box = scene().nodes.get(over.node)?.box;
  return place && box ? { x: box.x + place.x, y: box.y + place.y } : at;
}
