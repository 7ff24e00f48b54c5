import { useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useEffect, useRef, type RefObject } from "react";

import type { Viewport } from "../graph/viewport";
import { isStill, useSettings } from "../state/settings";
import { useStage } from "../state/stage";
import { fitBoxes, setLens } from "./camera";
import { boxes, graph } from "./here";
import { setSession } from "./session";

const CALM = 160;
/** Where the dock lies over the canvas, as the style has it. */
const OVERLAID = "(max-width: 760px)";
/** Pixels beside the dock that are worth looking at. */
const NARROWEST = 200;

/** Lets the camera see and move the canvas, and shows all of a graph when it is opened or entered. */
export function useView(canvas: RefObject<HTMLElement | null>): void {
  const { setViewport, getViewport } = useReactFlow();
  const store = useStoreApi();
  const of = useStage((stage) => stage.of);
  const ready = useStore(({ width, panZoom }) => width > 0 && panZoom !== null);
  const width = useStore((flow) => flow.width);
  const dock = useSettings((settings) => settings.dock);
  const fitted = useRef<{ readonly of: string; readonly at: Viewport } | null>(null);

  useEffect(
    () =>
      setLens({
        viewport: getViewport,
        show: (viewport, calm) => {
          void setViewport(viewport, calm && !isStill() ? { duration: CALM } : {});
        },
        size: () => {
          const { width, height } = store.getState();
          return { width: width - covered(canvas.current), height };
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
  }, [of, ready, width, dock, getViewport]);
}

/** How much of the canvas, from its right, lies under the dock; nothing where hardly any canvas would be left. */
function covered(canvas: HTMLElement | null): number {
  if (!matchMedia(OVERLAID).matches) return 0; // a question for places makes the page work them out
  const area = canvas?.getBoundingClientRect();
  const dock = document.querySelector("aside.dock")?.getBoundingClientRect();
  if (!area || !dock) return 0;
  const over = Math.max(0, area.right - dock.left);
  return area.width - over < NARROWEST ? 0 : over;
}
