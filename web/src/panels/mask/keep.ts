/** Putting a painted mask to use. */

import { addNode } from "../../graph/edit/nodes";
import { cover } from "../../graph/edit/place";
import { setValue } from "../../graph/edit/values";
import { withMask } from "../../graph/mask/picture";
import { writePng } from "../../graph/mask/png";
import { activate, edit } from "../../state/documents";
import type { Masking } from "../../state/masking";
import { attempt } from "../../state/notices";
import { goTo } from "../../state/place";
import { useRegistry } from "../../state/registry";
import { useStage } from "../../state/stage";
import { sendFile } from "../../wire/upload";
import type { Board } from "./board";

const APART = 44;

/** Send the mask and set the input that it was opened from; false where the server refused, which is told. */
export async function keepMask(board: Board, masking: Masking, tell: (share: number) => void): Promise<boolean> {
  const bytes = await writePng(withMask(board.shown, masking.channel, board.picture));
  const stem = masking.name
    .replace(/^.*\//, "")
    .replace(/\.[a-z]+$/i, "")
    .replace(/(-mask)?( \(\d+\))?$/, "");
  const sent = await attempt("saveMask", () =>
    sendFile(new Blob([bytes], { type: "image/png" }), {
      name: `${stem}-mask.png`,
      folder: "masks",
      onProgress: (done, total) => tell(total > 0 ? done / total : 0),
    }),
  );
  if (!sent) return false;
  if (masking.document !== null) activate(masking.document);
  const { at } = masking;
  if (at) edit("mask", (workflow, scope) => setValue(workflow, scope, at, sent.name));
  else {
    loadInNode(sent.name);
    goTo({ view: "graph" });
  }
  return true;
}

/** A new node, to the right of all others, loads it. */
function loadInNode(name: string): void {
  const type = useRegistry.getState().registry.byName.get("LoadImage");
  const boxes = [...useStage.getState().scene.nodes.values()].map(({ box }) => box);
  const all = cover(boxes);
  const at = boxes.length === 0 ? { x: 0, y: 0 } : { x: all.x + all.width + APART, y: all.y };
  edit("mask", (workflow, scope) => {
    const inputs = new Map([["image", name]]);
    return addNode(workflow, scope, { type: "LoadImage", version: type?.version ?? null, at, inputs }).workflow;
  });
}
