/** Lining things up and spacing them out. */

import { align, distribute, moveNodes, type Edge } from "../../graph/edit/place";
import type { Box } from "../../graph/document/model";
import type { Point } from "../../graph/edit/nodes";
import type { Action } from "../../state/actions";
import { edit } from "../../state/documents";
import { change, useSettings } from "../../state/settings";
import { tidyUp } from "../../state/tidying";
import { boxes, scene, selection } from "../here";

const EDGES: readonly (readonly [Edge, readonly string[]])[] = [
  ["left", ["Alt+Shift+ArrowLeft"]],
  ["centre", []],
  ["right", ["Alt+Shift+ArrowRight"]],
  ["top", ["Alt+Shift+ArrowUp"]],
  ["middle", []],
  ["bottom", ["Alt+Shift+ArrowDown"]],
];

export function arrangeActions(): Action[] {
  const several = (least: number) => () => selection().nodes.size >= least;
  const place = (label: string, where: (chosen: ReadonlyMap<string, Box>) => ReadonlyMap<string, Point>) => () => {
    const chosen = new Map([...boxes()].filter(([name]) => selection().nodes.has(name)));
    edit(label, (workflow, scope) => moveNodes(workflow, scope, where(chosen)));
  };
  return [
    {
      id: "tidy",
      section: "arrange",
      keys: ["Ctrl+L"],
      run: () => void tidyUp(),
      enabled: () => scene().nodes.size > 0,
    },
    ...EDGES.map(([edge, keys]): Action => ({
      id: `align.${edge}`,
      section: "arrange",
      keys,
      onCanvas: true,
      run: place("align", (chosen) => align(chosen, edge)),
      enabled: several(2),
    })),
    ...(["x", "y"] as const).map((axis): Action => ({
      id: `distribute.${axis}`,
      section: "arrange",
      keys: [],
      run: place("distribute", (chosen) => distribute(chosen, axis)),
      enabled: several(3),
    })),
    {
      id: "snap",
      section: "arrange",
      keys: [],
      run: () => change({ snap: !useSettings.getState().snap }),
    },
  ];
}
