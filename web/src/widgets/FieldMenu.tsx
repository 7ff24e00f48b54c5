import { Check, Copy, Eye, EyeOff, RotateCcw, SquareArrowOutUpLeft } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";

import { graphAt } from "../graph/document/graphs";
import { PLAIN_NODE, PLAIN_VIEW, type Graph, type InputRef, type Literal } from "../graph/document/model";
import { valueText } from "../graph/document/write";
import { giverOf, literalToNode } from "../graph/edit/convert";
import { freePlace } from "../graph/edit/free";
import type { Point } from "../graph/edit/nodes";
import { concealPort, exposeInput, portFor } from "../graph/edit/ports";
import { APART, shapeOf } from "../graph/geometry";
import type { InputType, NodeType } from "../graph/types/nodeType";
import { signatureOfType } from "../graph/types/signature";
import { activeDocument, edit, scopeOf, useDocuments } from "../state/documents";
import { useRegistry } from "../state/registry";
import { useStage } from "../state/stage";
import { handAt } from "./hand";
import { MenuList, type MenuEntry } from "./MenuList";
import { Popover } from "./Popover";

interface Props {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly at: InputRef;
  readonly input: InputType;
  readonly value: Literal | undefined;
  readonly onClose: () => void;
}

/** What can be done with a field besides editing it. */
export function FieldMenu({ anchor, at, input, value, onClose }: Props) {
  const { t } = useTranslation();
  const shown = useDocuments((state) => {
    const document = activeDocument(state);
    return document ? portFor(graphAt(document.history.present, scopeOf(document)), at) : null;
  });
  const registry = useRegistry((state) => state.registry);
  const entries: MenuEntry[] = [
    {
      label: t("widget.toNode"),
      icon: SquareArrowOutUpLeft,
      disabled: !input.linkable || value === undefined || giverOf(input.type, registry) === null,
      onPick: () => value !== undefined && takeOut(at, input, value),
    },
    shown === null
      ? {
          label: t("widget.showInForm"),
          icon: Eye,
          onPick: () => edit("form", (workflow, scope) => exposeInput(workflow, scope, at)),
        }
      : {
          label: t("widget.hideFromForm"),
          icon: EyeOff,
          onPick: () => edit("form", (workflow, scope) => concealPort(workflow, scope, "inputs", shown)),
        },
    {
      label: t("widget.toDefault"),
      icon: RotateCcw,
      disabled: input.default === undefined || value === input.default,
      onPick: () => handAt(at).set(undefined),
    },
    {
      label: t("widget.copyValue"),
      icon: Copy,
      disabled: value === undefined,
      onPick: () =>
        value !== undefined && void navigator.clipboard.writeText(typeof value === "string" ? value : valueText(value)),
    },
  ];
  return (
    <Popover anchor={anchor} label={t("widget.fieldMenu")} role="menu" width={240} onClose={onClose}>
      <MenuList entries={entries} check={Check} onClose={onClose} />
    </Popover>
  );
}

/** The value becomes a node that feeds the field, so that others can be fed by it too. */
function takeOut(at: InputRef, input: InputType, value: Literal): void {
  const { registry } = useRegistry.getState();
  const giver = giverOf(input.type, registry);
  if (!giver) return;
  edit("toNode", (workflow, scope) => {
    const place = placeBefore(graphAt(workflow, scope), at.node, giver);
    return literalToNode(workflow, scope, at, value, input.type, registry, place)?.workflow ?? workflow;
  });
}

/** Left of a node, where nothing lies yet. */
function placeBefore(graph: Graph, node: string, type: NodeType): Point {
  const { x, y } = graph.view.get(node) ?? PLAIN_VIEW;
  const { width, height } = shapeOf(signatureOfType(type), PLAIN_NODE, PLAIN_VIEW);
  const { nodes } = useStage.getState().scene;
  const taken = [...Array.from(nodes.values(), ({ box }) => box), ...graph.notes.values()];
  return freePlace({ x: x - width - APART, y, width, height }, taken, -1);
}
