import { useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";

import { GRID } from "../../graph/geometry";

/** The dots of the ground. While one moves about, their layer is pushed by less than a gap, and nothing is painted. */
export function Ground() {
  const layer = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useEffect(() => {
    let drawn: readonly number[] = [];
    const draw = () => {
      const { transform } = store.getState();
      if (transform === drawn) return;
      const [x, y, zoom] = transform;
      const style = layer.current?.style;
      if (zoom !== drawn[2]) style?.setProperty("--zoom", String(zoom));
      style?.setProperty("transform", `translate(${within(x, GRID * zoom)}px, ${within(y, GRID * zoom)}px)`);
      drawn = transform;
    };
    draw();
    return store.subscribe(draw);
  }, [store]);
  return <div ref={layer} className="ground" aria-hidden />;
}

/** From minus one gap to nothing: the layer begins a gap before the edge that it would uncover. */
function within(offset: number, gap: number): number {
  return offset - Math.ceil(offset / gap) * gap;
}
