/** Subgraphs: making one, going in and out, taking one apart, and offering one as a node. */

import { subgraphOf } from "../../graph/document/model";
import { freeName } from "../../graph/document/names";
import { NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { canMakeSubgraph, makeSubgraph, publishSubgraph, unpackSubgraph } from "../../graph/edit/subgraphs";
import { perform, type Action } from "../../state/actions";
import { enter, openDocument, scopeOf, select } from "../../state/documents";
import { editAndSelect } from "../../state/gesture";
import { document as opened, graph, selection } from "../here";
import { session, setSession } from "../session";
import { enterNode } from "../deeds";
import { canRemove } from "./edit";
import { goToNode, openCurrent } from "./view";

export function subgraphActions(texts: { readonly subgraph: string }): Action[] {
  return [
    {
      id: "makeSubgraph",
      section: "nodes",
      keys: ["Ctrl+Shift+G"],
      run: () => makeNow(texts.subgraph),
      enabled: () => makeRefusal() === null,
    },
    {
      id: "unpack",
      section: "nodes",
      keys: ["Ctrl+Shift+U"],
      run: unpackNow,
      enabled: () => chosenInstance() !== null,
    },
    {
      id: "publish",
      section: "nodes",
      keys: [],
      run: publishNow,
      enabled: () => chosenInstance() !== null || inside(),
    },
    { id: "enter", section: "view", keys: ["Enter"], onCanvas: true, run: openCurrent, enabled: someNode },
    {
      id: "enterSubgraph",
      section: "view",
      keys: ["Ctrl+ArrowDown"],
      run: goIn,
      enabled: () => chosenInstance() !== null,
    },
    { id: "leave", section: "view", keys: ["Ctrl+ArrowUp"], onCanvas: true, run: leave, enabled: inside },
    { id: "leaveIdly", keys: ["Escape"], onCanvas: true, run: leave, enabled: () => inside() && !canRemove() },
    { id: "ports", section: "view", keys: ["I"], run: () => setSession({ ports: !session().ports }) },
  ];
}

function someNode(): boolean {
  return session().current !== null || selection().nodes.size > 0;
}

function inside(): boolean {
  return (opened()?.instances.length ?? 0) > 0;
}

/** Why what is selected cannot become a subgraph, or null. */
export function makeRefusal(): string | null {
  const open = opened();
  if (!open) return "nothing-selected";
  return canMakeSubgraph(open.history.present, scopeOf(open), selection().nodes)?.code ?? null;
}

function makeNow(wanted: string): void {
  const open = opened();
  if (!open) return;
  const chosen = selection().nodes;
  const title = freeName(wanted, open.history.present.subgraphs);
  let made = "";
  editAndSelect("makeSubgraph", (workflow, scope) => {
    const added = makeSubgraph(workflow, scope, chosen, title);
    made = added.name;
    return { workflow: added.workflow, selection: { ...NOTHING_SELECTED, nodes: new Set([added.name]) } };
  });
  setSession({ current: made, editing: { kind: "title", name: made } });
}

/** The one selected node that stands for a subgraph, with its id. */
function chosenInstance(): { readonly name: string; readonly id: string } | null {
  const [name, ...more] = selection().nodes;
  const node = name === undefined || more.length > 0 ? undefined : graph().nodes.get(name);
  const id = node ? subgraphOf(node) : null;
  if (name === undefined || id === null || !opened()?.history.present.subgraphs.has(id)) return null;
  return { name, id };
}

function unpackNow(): void {
  const instance = chosenInstance();
  if (!instance) return;
  editAndSelect("unpack", (workflow, scope) => {
    const { workflow: next, names } = unpackSubgraph(workflow, scope, instance.name);
    return { workflow: next, selection: { ...NOTHING_SELECTED, nodes: names } };
  });
}

function goIn(): void {
  const instance = chosenInstance();
  if (instance) enterNode(instance.name);
}

/** Back out, to the node that one had entered. */
export function leave(): void {
  const open = opened();
  const last = open?.instances.at(-1);
  if (!open || last === undefined) return;
  enter(open.instances.slice(0, -1));
  // at once, for the next key may come before the graph is drawn
  select({ ...NOTHING_SELECTED, nodes: new Set([last]) });
  requestAnimationFrame(() => requestAnimationFrame(() => goToNode(last, false)));
}

/** A subgraph becomes a workflow of its own in a new tab, and is given its name: from then on the search finds it everywhere. */
function publishNow(): void {
  const open = opened();
  const id = chosenInstance()?.id ?? (open ? scopeOf(open) : null);
  if (!open || id === null) return;
  openDocument({ name: null, workflow: publishSubgraph(open.history.present, id, id) });
  perform("save");
}
