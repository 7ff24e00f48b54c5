/** The graph that one looks at: the active document's, as a scene that keeps what did not change. */

import { create } from "zustand";

import type { Node } from "../graph/document/model";
import { graphAt } from "../graph/document/graphs";
import { activeDocument, scopeOf, useDocuments, type OpenDocument } from "./documents";
import { useRegistry } from "./registry";
import { EMPTY_SCENE, makeScene, type Scene } from "./scene";

interface Stage {
  readonly scene: Scene;
  /** What the scene is of: another document or subgraph brings its own place to look from. */
  readonly of: string;
}

export const useStage = create<Stage>()(() => ({ scene: EMPTY_SCENE, of: "" }));

/** Draw anew whenever the document or the node types change. Returns how to stop. */
export function followDocuments(): () => void {
  const draw = () => {
    const document = activeDocument(useDocuments.getState());
    const { registry } = useRegistry.getState();
    if (!document) {
      useStage.setState({ scene: EMPTY_SCENE, of: "" });
      return;
    }
    const of = [document.id, ...document.instances].join("/");
    const { scene, of: before } = useStage.getState();
    const next = makeScene(document.history.present, scopeOf(document), registry, of === before ? scene : EMPTY_SCENE);
    useStage.setState({ scene: next, of });
  };
  draw();
  let drawn = shownIn(useDocuments.getState());
  const stops = [
    useDocuments.subscribe((state) => {
      const now = shownIn(state);
      if (now.workflow === drawn.workflow && now.of === drawn.of) return;
      drawn = now;
      draw();
    }),
    useRegistry.subscribe(draw),
  ];
  return () => stops.forEach((stop) => stop());
}

/** A node of the graph that one looks at, as it stands in the document; draws anew only when it changes. */
export function useNode(name: string): Node | undefined {
  return useDocuments((state) => {
    const document = activeDocument(state);
    return document ? graphAt(document.history.present, scopeOf(document)).nodes.get(name) : undefined;
  });
}

export function useIsSelected(name: string): boolean {
  return useDocuments((state) => activeDocument(state)?.selection.nodes.has(name) ?? false);
}

export function useActive(): OpenDocument | null {
  return useDocuments(activeDocument);
}

/** The path of a node that one looks at, as events and problems name it. */
export function usePath(name: string): string {
  return useDocuments((state) => [...(activeDocument(state)?.instances ?? []), name].join("/"));
}

function shownIn(state: ReturnType<typeof useDocuments.getState>) {
  const document = activeDocument(state);
  return { workflow: document?.history.present, of: document ? [document.id, ...document.instances].join("/") : "" };
}
