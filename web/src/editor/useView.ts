import { useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useEffect } from "react";

import { fit, zoomTo, type Viewport } from "../graph/viewport";
import { offer } from "../state/actions";
import { change, useSettings } from "../state/settings";
import { useStage } from "../state/stage";

const STEP = 1.25;

/** Lets actions move the view, and shows all of a graph when it is opened or entered. */
export function useView(): void {
  const { setViewport, getViewport } = useReactFlow();
  const store = useStoreApi();
  const of = useStage((stage) => stage.of);
  const ready = useStore(({ width, panZoom }) => width > 0 && panZoom !== null);

  useEffect(() => {
    const show = (viewport: Viewport) => void setViewport(viewport);
    const size = () => {
      const { width, height } = store.getState();
      return { width, height };
    };
    const fitAll = () =>
      show(
        fit(
          Array.from(useStage.getState().scene.nodes.values(), ({ box }) => box),
          size(),
        ),
      );
    const zoom = (next: (zoom: number) => number) => show(zoomTo(getViewport(), next(getViewport().zoom), size()));
    if (ready && of !== "") fitAll();
    return offer(
      { id: "fit", keys: ["."], run: fitAll },
      { id: "zoomReset", keys: ["1"], run: () => zoom(() => 1) },
      { id: "zoomIn", keys: ["+"], run: () => zoom((now) => now * STEP) },
      { id: "zoomOut", keys: ["-"], run: () => zoom((now) => now / STEP) },
      { id: "map", keys: ["M"], run: () => change({ map: !useSettings.getState().map }) },
    );
  }, [of, ready, store, setViewport, getViewport]);
}
