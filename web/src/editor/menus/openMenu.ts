/** Opens the menu of what lies under the pointer, or of what has the keyboard. */

import i18next, { type TFunction } from "i18next";

import { subgraphOf } from "../../graph/document/model";
import { sameInput, sameOutput } from "../../graph/document/model";
import { NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { changeGroup } from "../../graph/edit/decorate";
import { disconnect, disconnectOutput } from "../../graph/edit/links";
import type { Point } from "../../graph/edit/nodes";
import { concealPort, exposeInput, exposeOutput } from "../../graph/edit/ports";
import { boundsOf, withContents } from "../../graph/edit/selection";
import { portKey } from "../../graph/geometry";
import { portLabel } from "../../graph/types/signature";
import { edit, select } from "../../state/documents";
import { outputKey } from "../../state/scene";
import { useSettings } from "../../state/settings";
import { toCanvas, toGraph } from "../camera";
import type { Hit } from "../gestures/hit";
import { bendLink } from "../deeds";
import { boxes, graph, linkById, scene, selection } from "../here";
import { goToPorts } from "../actions/view";
import { openPortList } from "../search/openPortList";
import { setSession, type MenuEntry, type MenuItem } from "../session";
import { actionItem, alignItems, colorItems, items } from "./items";

export function openMenu(hit: Hit, client: Point): void {
  const t = i18next.t;
  const menu = menuOf(t, hit, client);
  if (menu) setSession({ menu: { ...menu, at: client }, search: null, linking: null });
}

interface Made {
  readonly label: string;
  readonly items: readonly MenuItem[];
}

function menuOf(t: TFunction, hit: Hit, client: Point): Made | null {
  switch (hit.kind) {
    case "port":
      return portMenu(t, hit.node, hit.port);
    case "link":
      return linkMenu(t, hit.id, client);
    case "node":
      return thingMenu(t, "nodes", hit.name);
    case "edge":
    case "field":
      return thingMenu(t, "nodes", hit.node);
    case "group":
      return thingMenu(t, "groups", hit.name);
    case "note":
      return thingMenu(t, "notes", hit.name);
    case "reroute":
      return thingMenu(t, "reroutes", hit.name);
    case "pane":
    case "control":
      return paneMenu(t);
  }
}

function thingMenu(t: TFunction, kind: keyof typeof NOTHING_SELECTED, name: string): Made {
  if (!selection()[kind].has(name)) select({ ...NOTHING_SELECTED, [kind]: new Set([name]) });
  if (kind === "nodes") setSession({ current: name });
  const { nodes } = selection();
  if (kind === "groups") return { label: t("menu.group"), items: groupItems(t, name) };
  if (kind !== "nodes") return { label: t("menu.selection"), items: items(t, "rename", colorItems(t), "-", "remove") };
  if (nodes.size > 1) return { label: t("menu.nodes", { count: nodes.size }), items: nodesItems(t) };
  return { label: t("menu.node"), items: nodeItems(t, isInstance(name)) };
}

const MODES = ["-", "mute", "bypass", "collapse", "pin", "-", "cut", "copy", "duplicate", "-"];

function nodeItems(t: TFunction, instance: boolean): readonly MenuItem[] {
  return items(
    t,
    "runTo",
    "-",
    instance ? "enterSubgraph" : null,
    "rename",
    actionItem(t, "enter", { label: t("menu.ports"), run: goToPorts }),
    colorItems(t),
    ...MODES,
    "group",
    "makeSubgraph",
    ...(instance ? ["unpack", "publish"] : []),
    "-",
    "dissolve",
    "remove",
  );
}

function nodesItems(t: TFunction): readonly MenuItem[] {
  return items(t, colorItems(t), ...MODES, alignItems(t), "group", "makeSubgraph", "-", "dissolve", "remove");
}

function isInstance(name: string): boolean {
  const node = graph().nodes.get(name);
  return node !== undefined && subgraphOf(node) !== null;
}

function groupItems(t: TFunction, name: string): readonly MenuItem[] {
  const contents = () => withContents(graph(), boxes(), { ...NOTHING_SELECTED, groups: new Set([name]) });
  const shrink = () => {
    const inner = boundsOf(graph(), boxes(), { ...contents(), groups: new Set() });
    if (!inner) return;
    const box = { x: inner.x - 20, y: inner.y - 36, width: inner.width + 40, height: inner.height + 56 };
    edit("resize", (workflow, scope) => changeGroup(workflow, scope, name, box));
  };
  return items(
    t,
    "rename",
    colorItems(t),
    "-",
    entry("selectContents", t("menu.selectContents"), () => select({ ...contents(), groups: new Set() })),
    entry("fitGroup", t("menu.fitGroup"), shrink),
    "-",
    "copy",
    "duplicate",
    "-",
    actionItem(t, "remove", { label: t("menu.ungroup") }),
  );
}

function linkMenu(t: TFunction, id: string, client: Point): Made | null {
  const link = linkById(id);
  if (!link) return null;
  setSession({ link: id });
  const at = toGraph(client);
  const into = () =>
    setSession({
      search: {
        at,
        anchor: toCanvas(client),
        held: { kind: "out", ref: { ...link.from } },
        type: link.type,
        into: link,
        beside: false,
        withPorts: false,
      },
    });
  return {
    label: t("menu.link"),
    items: items(
      t,
      entry("insertNode", t("menu.insertNode"), into),
      entry("reroute", t("menu.reroute"), () => bendLink(id, { at })),
      "-",
      entry("cutLink", t("menu.cutLink"), () => {
        edit("disconnect", (workflow, scope) => disconnect(workflow, scope, link.to, link.index));
        setSession({ link: null });
      }),
    ),
  };
}

function portMenu(t: TFunction, node: string, port: string): Made {
  const key = portKey(port);
  const label = t("menu.port", { name: portLabel(key.name) });
  const list = entry("connect", t("menu.connect"), () => openPortList(node, port));
  if (key.side === "out") {
    const from = { node, output: key.name };
    const read = scene().read.has(outputKey(node, key.name));
    return {
      label,
      items: items(
        t,
        list,
        entry("cutAll", t("menu.cutAll"), () => edit("disconnect", (w, s) => disconnectOutput(w, s, from)), read),
        "-",
        exposing(t, "outputs", node, key.name),
      ),
    };
  }
  const to = { node, input: key.name };
  const linked = graph().nodes.get(node)?.inputs.has(key.name) === true;
  const cut = () => edit("disconnect", (w, s) => disconnect(w, s, to, key.index));
  return {
    label,
    items: items(t, list, entry("cutLink", t("menu.cutLink"), cut, linked), "-", exposing(t, "inputs", node, key.name)),
  };
}

/** Give a port a name that callers of the graph see, or take it back. */
function exposing(t: TFunction, side: "inputs" | "outputs", node: string, port: string): MenuEntry {
  const named = [...graph()[side]].find(([, ref]) =>
    "input" in ref ? sameInput(ref, { node, input: port }) : sameOutput(ref, { node, output: port }),
  )?.[0];
  if (named !== undefined)
    return entry("conceal", t("menu.conceal", { name: named }), () =>
      edit("conceal", (workflow, scope) => concealPort(workflow, scope, side, named)),
    );
  return entry("expose", t(side === "inputs" ? "menu.exposeInput" : "menu.exposeOutput"), () => {
    edit("expose", (workflow, scope) =>
      side === "inputs"
        ? exposeInput(workflow, scope, { node, input: port })
        : exposeOutput(workflow, scope, { node, output: port }),
    );
    setSession({ ports: true });
  });
}

function paneMenu(t: TFunction): Made {
  return {
    label: t("menu.canvas"),
    items: items(
      t,
      actionItem(t, "addNode"),
      "note",
      "-",
      "paste",
      "pasteLinked",
      "selectAll",
      "-",
      "tidy",
      actionItem(t, "snap", { checked: useSettings.getState().snap }),
      "fit",
      actionItem(t, "map", { checked: useSettings.getState().map }),
      "-",
      "ports",
      "outline",
      "palette",
      "leave",
    ),
  };
}

function entry(id: string, label: string, run: () => void, enabled = true): MenuEntry {
  return { id, label, enabled, run };
}
