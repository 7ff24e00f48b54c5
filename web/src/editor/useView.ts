import { useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useRef, type RefObject } from "react";

import type { Viewport } from "../graph/viewport";
import { useStage } from "../state/stage";
import { fitBoxes, setLens } from "./camera";
import { boxes, graph } from "./here";
import { setSession } from "./session";

const CALM = 160;

/** Lets the camera see and move the canvas, and shows all of a graph when it is opened or entered. */
export function useView(canvas: RefObject<HTMLElement | null>): void {
  const { setViewport, getViewport } = useReactFlow();
  const store = useStoreApi();
  const of = useStage((stage) => stage.of);
  const ready = useStore(({ width, panZoom }) => width > 0 && panZoom !== null);
  const width = useStore((flow) => flow.width);
  const fitted = useRef<{ readonly of: string; readonly at: Viewport } | null>(null);

  useEffect(
    () =>
      setLens({
        viewport: getViewport,
        show: (viewport, calm) => {
          const still = !calm || matchMedia("(prefers-reduced-motion: reduce)").matches;
          void setViewport(viewport, still ? {} : { duration: CALM });
        },
        size: () => {
          const { width, height } = store.getState();
          return { width, height };
        },
        corner: () => {
          const area = canvas.current?.getBoundingClientRect();
          return { x: area?.left ?? 0, y: area?.top ?? 0 };
        },
      }),
    [store, setViewport, getViewport, canvas],
  );
  useEffect(() => {
    if (!ready || of === "") return;
    const { x, y, zoom } = getViewport();
    const { current: last } = fitted;
    // a panel beside the canvas may come or go: what nobody has moved since is shown whole again
    if (last?.of === of && !(last.at.x === x && last.at.y === y && last.at.zoom === zoom)) return;
    fitBoxes([...boxes().values(), ...graph().groups.values(), ...graph().notes.values()]);
    fitted.current = { of, at: getViewport() };
    setSession({ framed: of });
  }, [of, ready, width, getViewport]);
}
