import { Background, BackgroundVariant, ReactFlow, useStore, type EdgeTypes, type NodeTypes } from "@xyflow/react";
import { useMemo } from "react";

import { FAR, FARTHEST, NEAREST } from "../graph/viewport";
import { useSettings } from "../state/settings";
import { useStage } from "../state/stage";
import { Decorations } from "./Decorations";
import { cardOf, edgeOf, type CardNode, type LinkEdge } from "./flow";
import { LinkLine } from "./LinkLine";
import { MiniMap } from "./MiniMap";
import { NodeCard } from "./NodeCard";
import { Overview } from "./Overview";
import { Toolbar } from "./Toolbar";
import { useView } from "./useView";
import { ZoomBar } from "./ZoomBar";

const NODE_TYPES: NodeTypes = { card: NodeCard };
const EDGE_TYPES: EdgeTypes = { link: LinkLine };
const NO_NODES: CardNode[] = [];
const NO_EDGES: LinkEdge[] = [];

/** The graph. From afar React Flow has no nodes at all: a canvas draws them. */
export function Canvas() {
  const scene = useStage((stage) => stage.scene);
  const far = useStore(({ transform }) => transform[2] < FAR);
  const map = useSettings((settings) => settings.map);
  const nodes = useMemo(() => Array.from(scene.nodes.values(), cardOf), [scene]);
  const edges = useMemo(() => scene.links.map(edgeOf), [scene]);
  useView();
  return (
    <div className="canvas">
      {far && <Overview />}
      <ReactFlow
        nodes={far ? NO_NODES : nodes}
        edges={far ? NO_EDGES : edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnDoubleClick={false}
        minZoom={FARTHEST}
        maxZoom={NEAREST}
        proOptions={{ hideAttribution: true }}
      >
        {!far && <Background variant={BackgroundVariant.Dots} gap={24} size={2} offset={0} />}
        {!far && <Decorations />}
      </ReactFlow>
      <Toolbar />
      {map && <MiniMap />}
      <ZoomBar />
    </div>
  );
}
