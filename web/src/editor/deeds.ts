/** What gestures, menus and keys have in common. */

import { sameInput, sameOutput, subgraphOf } from "../graph/document/model";
import { addReroute, rerouteSlot } from "../graph/edit/decorate";
import { selecting } from "../graph/edit/selection";
import { edit, enter, select } from "../state/documents";
import { toCanvas } from "./camera";
import type { Spot } from "./gestures/press";
import { document as opened, graph, linkById, selection } from "./here";
import { setSession } from "./session";

/** Search for a node that is put here, or `beside` what is here already. */
export function openSearchAt({ at, client }: Pick<Spot, "at" | "client">, beside = false): void {
  setSession({
    search: { at, anchor: toCanvas(client), held: null, type: null, into: null, beside, withPorts: false },
    menu: null,
  });
}

/** Go into a node that stands for a subgraph; false where it stands for none. */
export function enterNode(name: string): boolean {
  const open = opened();
  const node = graph().nodes.get(name);
  const id = node ? subgraphOf(node) : null;
  if (!open || id === null || !open.history.present.subgraphs.has(id)) return false;
  enter([...open.instances, name]);
  return true;
}

/** Let a link run through a point, and take hold of it. */
export function bendLink(id: string, { at }: Pick<Spot, "at">): void {
  const link = linkById(id);
  if (!link) return;
  const by = [...graph().reroutes].filter(
    ([, each]) => sameOutput(each.from, link.from) && each.to.some((to) => sameInput(to, link.to)),
  );
  const slot = rerouteSlot(link.ends, by, at);
  const place = { x: Math.round(at.x), y: Math.round(at.y) };
  let made = "";
  edit("reroute", (workflow, scope) => {
    const added = addReroute(workflow, scope, { ...link.from }, [link.to], place, slot);
    made = added.name;
    return added.workflow;
  });
  setSession({ link: null });
  select(selecting(selection(), "reroutes", made, false));
}
