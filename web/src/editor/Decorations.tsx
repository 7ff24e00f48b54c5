import { ViewportPortal } from "@xyflow/react";

import { graphAt } from "../graph/document/graphs";
import { scopeOf } from "../state/documents";
import { useActive } from "../state/stage";

/** Groups and notes, behind the nodes. */
export function Decorations() {
  const document = useActive();
  if (!document) return null;
  const { groups, notes } = graphAt(document.history.present, scopeOf(document));
  return (
    <ViewportPortal>
      {[...groups].map(([id, { title, x, y, width, height, color }]) => (
        <section
          key={id}
          className="group"
          style={{ left: x, top: y, width, height, ...(color === null ? {} : { borderColor: color }) }}
        >
          <span>{title}</span>
        </section>
      ))}
      {[...notes].map(([id, { text, x, y, width, height }]) => (
        <p key={id} className="note" style={{ left: x, top: y, width, height }}>
          {text}
        </p>
      ))}
    </ViewportPortal>
  );
}
