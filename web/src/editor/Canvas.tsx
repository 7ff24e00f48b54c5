import { ReactFlow, useStore, useStoreApi, type NodeTypes, type Viewport } from "@xyflow/react";
import { useCallback, useMemo, useRef, type ReactNode, type RefObject } from "react";
import { useTranslation } from "react-i18next";

import type { Box } from "../graph/document/model";
import { FAR, FARTHEST, NEAREST, overlap } from "../graph/viewport";
import type { Scene } from "../state/scene";
import { useSettings } from "../state/settings";
import { useStage } from "../state/stage";
import { Decorations } from "./canvas/Decorations";
import { cardOf, type CardNode } from "./canvas/flow";
import { Ground } from "./canvas/Ground";
import { Links } from "./canvas/Links";
import { LooseLink } from "./canvas/LooseLink";
import { Marquee } from "./canvas/Marquee";
import { NodeCard } from "./canvas/NodeCard";
import { Toolbar } from "./canvas/Toolbar";
import { useNeighbourhood } from "./canvas/useNeighbourhood";
import { ZoomBar } from "./canvas/ZoomBar";
import { usePointer } from "./gestures/usePointer";
import { CanvasMenu } from "./menus/CanvasMenu";
import { MiniMap } from "./overview/MiniMap";
import { Overview } from "./overview/Overview";
import { Outline } from "./palette/Outline";
import { Palette } from "./palette/Palette";
import { Shortcuts } from "./palette/Shortcuts";
import { useDroppedTypes } from "./search/listed";
import { NodeSearch } from "./search/NodeSearch";
import { classNames } from "./classNames";
import { useSession } from "./session";
import { Breadcrumbs } from "./subgraphs/Breadcrumbs";
import { PortsPanel } from "./subgraphs/PortsPanel";
import { useEditorActions } from "./useEditorActions";
import { useView } from "./useView";

const NODE_TYPES: NodeTypes = { card: NodeCard };
const NO_NODES: CardNode[] = [];

/** The graph, and everything that is done to it with a pointer or keys. */
export function Canvas() {
  const surface = useRef<HTMLDivElement>(null);
  const map = useSettings((settings) => settings.map);
  useView(surface);
  usePointer(surface);
  useDroppedTypes(surface);
  useEditorActions();
  return (
    <>
      <Area ref={surface}>
        <Surface />
      </Area>
      <Breadcrumbs />
      <Toolbar />
      {map && <MiniMap />}
      <ZoomBar />
      <NodeSearch />
      <CanvasMenu />
      <Palette />
      <Shortcuts />
      <Outline />
      <PortsPanel />
    </>
  );
}

/** What takes pointer and keys. It shows what one does with them; that draws nothing anew that lies in it or over it. */
function Area({ ref, children }: { readonly ref: RefObject<HTMLDivElement | null>; readonly children: ReactNode }) {
  const { t } = useTranslation();
  const linking = useSession((session) => session.linking !== null);
  const panning = useSession((session) => session.panning);
  return (
    <div
      ref={ref}
      className={classNames("canvas", linking && "is-linking", panning && "is-panning")}
      role="application"
      aria-label={t("canvas")}
      aria-description={t("canvasHelp")}
      tabIndex={0}
      data-canvas
      data-testid="canvas"
    >
      {children}
    </div>
  );
}

/** React Flow, which goes through all that it has at each move, has what is near. From afar it has no nodes at all: a canvas
 * draws them. Nor has it any before it is known where one looks from. */
function Surface() {
  const scene = useStage((stage) => stage.scene);
  const far = useStore(({ transform }) => transform[2] < FAR);
  const wheel = useSettings((settings) => settings.wheel);
  const of = useStage((stage) => stage.of);
  const framed = useSession((session) => session.framed === of);
  const near = framed && !far;
  const around = useNeighbourhood();
  const nodes = useMemo(() => (near ? cardsIn(scene, around) : NO_NODES), [scene, near, around]);
  const letGo = useLettingGo();
  return (
    <>
      {framed && far && <Overview />}
      {near && <Ground />}
      <ReactFlow
        nodes={nodes}
        nodeTypes={NODE_TYPES}
        onlyRenderVisibleElements
        onViewportChange={letGo}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        panOnDrag={false}
        panOnScroll={wheel === "scroll"}
        zoomOnScroll={wheel === "zoom"}
        zoomOnDoubleClick={false}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        panActivationKeyCode={null}
        deleteKeyCode={null}
        minZoom={FARTHEST}
        maxZoom={NEAREST}
        proOptions={{ hideAttribution: true }}
      >
        {near && <Decorations />}
        {near && <Links />}
        <LooseLink />
        <Marquee />
      </ReactFlow>
    </>
  );
}

function cardsIn(scene: Scene, part: Box): CardNode[] {
  const cards: CardNode[] = [];
  for (const item of scene.nodes.values()) if (overlap(item.box, part)) cards.push(cardOf(item));
  return cards;
}

/** Takes the nodes away before the view goes far: else all that come into sight are mounted for one last time. */
function useLettingGo(): (viewport: Viewport) => void {
  const store = useStoreApi();
  return useCallback(
    ({ zoom }) => {
      const { nodes, setNodes } = store.getState();
      if (zoom < FAR && nodes.length > 0) setNodes([]);
    },
    [store],
  );
}
