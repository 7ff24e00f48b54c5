import { ReactFlow, useStore, useStoreApi, type NodeTypes, type Viewport } from "@xyflow/react";
import { useCallback, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

import { FAR, FARTHEST, NEAREST } from "../graph/viewport";
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
  const { t } = useTranslation();
  const surface = useRef<HTMLDivElement>(null);
  const map = useSettings((settings) => settings.map);
  const linking = useSession((session) => session.linking !== null);
  const panning = useSession((session) => session.panning);
  useView(surface);
  usePointer(surface);
  useDroppedTypes(surface);
  useEditorActions();
  return (
    <>
      <div
        ref={surface}
        className={classNames("canvas", linking && "is-linking", panning && "is-panning")}
        role="application"
        aria-label={t("canvas")}
        aria-description={t("canvasHelp")}
        tabIndex={0}
        data-canvas
        data-testid="canvas"
      >
        <Surface />
      </div>
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

/** From afar React Flow has no nodes at all: a canvas draws them. Nor has it any before it is known where one looks from. */
function Surface() {
  const scene = useStage((stage) => stage.scene);
  const far = useStore(({ transform }) => transform[2] < FAR);
  const wheel = useSettings((settings) => settings.wheel);
  const of = useStage((stage) => stage.of);
  const framed = useSession((session) => session.framed === of);
  const near = framed && !far;
  const nodes = useMemo(() => (near ? Array.from(scene.nodes.values(), cardOf) : NO_NODES), [scene, near]);
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
