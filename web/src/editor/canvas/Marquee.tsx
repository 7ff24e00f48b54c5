import { ViewportPortal } from "@xyflow/react";

import { useSession } from "../session";

/** The frame that is drawn around what is to be selected. */
export function Marquee() {
  const box = useSession((session) => session.marquee);
  if (!box) return null;
  return (
    <ViewportPortal>
      <div className="marquee" style={{ left: box.x, top: box.y, width: box.width, height: box.height }} />
    </ViewportPortal>
  );
}
