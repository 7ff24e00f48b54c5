/** Node types that are taken from a list beside the canvas: clicked, or carried to their place. */

import { useEffect, type RefObject } from "react";

import type { Point } from "../../graph/edit/nodes";
import type { NodeType } from "../../graph/types/nodeType";
import { useRegistry } from "../../state/registry";
import { CARRIED_TYPE } from "../../widgets/carry";
import { nextPlace } from "../actions/edit";
import { toGraph } from "../camera";
import { situation } from "../here";
import type { Search } from "../session";
import { chooseType } from "./choose";

const UNLINKED = { anchor: { x: 0, y: 0 }, held: null, type: null, into: null, withPorts: false } as const;

/** Add a node: where it was dropped in the window, or beside what is there. */
export function addListed(type: NodeType, client: Point | null = null): void {
  if (!situation()) return;
  const search: Search = { ...UNLINKED, at: client ? toGraph(client) : nextPlace(), beside: client === null };
  chooseType(search, { type, port: null });
}

/** Takes node types that are dropped on the canvas. */
export function useDroppedTypes(surface: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const canvas = surface.current;
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes(CARRIED_TYPE)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      const id = event.dataTransfer?.getData(CARRIED_TYPE) ?? "";
      const type = useRegistry.getState().registry.types.find((each) => each.id === id);
      if (!type) return;
      event.preventDefault();
      addListed(type, { x: event.clientX, y: event.clientY });
    };
    canvas?.addEventListener("dragover", over);
    canvas?.addEventListener("drop", drop);
    return () => {
      canvas?.removeEventListener("dragover", over);
      canvas?.removeEventListener("drop", drop);
    };
  }, [surface]);
}
