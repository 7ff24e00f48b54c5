/** The graph that one looks at, for gestures and actions. */

import type { Situation } from "../graph/connect";
import { graphAt } from "../graph/document/graphs";
import { EMPTY_GRAPH, type Box, type Graph } from "../graph/document/model";
import { NOTHING_SELECTED, type Selection } from "../graph/edit/clipboard";
import { activeDocument, scopeOf, useDocuments, type OpenDocument } from "../state/documents";
import { useRegistry } from "../state/registry";
import type { Scene, SceneLink } from "../state/scene";
import { useStage } from "../state/stage";

export function document(): OpenDocument | null {
  return activeDocument(useDocuments.getState());
}

export function graph(): Graph {
  const open = document();
  return open ? graphAt(open.history.present, scopeOf(open)) : EMPTY_GRAPH;
}

export function selection(): Selection {
  return document()?.selection ?? NOTHING_SELECTED;
}

export function scene(): Scene {
  return useStage.getState().scene;
}

export function boxes(): ReadonlyMap<string, Box> {
  return new Map(Array.from(scene().nodes, ([name, { box }]) => [name, box]));
}

export function linkById(id: string | null): SceneLink | null {
  return scene().links.find((each) => each.id === id) ?? null;
}

export function situation(): Situation | null {
  const open = document();
  if (!open) return null;
  return { workflow: open.history.present, scope: scopeOf(open), registry: useRegistry.getState().registry };
}
