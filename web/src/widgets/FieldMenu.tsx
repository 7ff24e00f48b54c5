import { Check, Copy, Eye, EyeOff, RotateCcw, SquareArrowOutUpLeft } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";

import { graphAt } from "../graph/document/graphs";
import { PLAIN_VIEW, type InputRef, type Literal } from "../graph/document/model";
import { valueText } from "../graph/document/write";
import { literalToNode } from "../graph/edit/convert";
import { concealPort, exposeInput, portFor } from "../graph/edit/ports";
import type { InputType } from "../graph/types/nodeType";
import { activeDocument, edit, scopeOf, useDocuments } from "../state/documents";
import { useRegistry } from "../state/registry";
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

/** A node for a value stands so far to the left of what it feeds. */
const ASIDE = 260;

/** What can be done with a field besides editing it. */
export function FieldMenu({ anchor, at, input, value, onClose }: Props) {
  const { t } = useTranslation();
  const shown = useDocuments((state) => {
    const document = activeDocument(state);
    return document ? portFor(graphAt(document.history.present, scopeOf(document)), at) : null;
  });
  const entries: MenuEntry[] = [
    {
      label: t("widget.toNode"),
      icon: SquareArrowOutUpLeft,
      disabled: !input.linkable || value === undefined || !canLeave(at, input, value),
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

function canLeave(at: InputRef, input: InputType, value: Literal): boolean {
  const document = activeDocument(useDocuments.getState());
  if (!document) return false;
  const { registry } = useRegistry.getState();
  const { present } = document.history;
  return literalToNode(present, scopeOf(document), at, value, input.type, registry, { x: 0, y: 0 }) !== null;
}

/** The value becomes a node that feeds the field, so that others can be fed by it too. */
function takeOut(at: InputRef, input: InputType, value: Literal): void {
  const { registry } = useRegistry.getState();
  edit("toNode", (workflow, scope) => {
    const { x, y } = graphAt(workflow, scope).view.get(at.node) ?? PLAIN_VIEW;
    const made = literalToNode(workflow, scope, at, value, input.type, registry, { x: x - ASIDE, y });
    return made?.workflow ?? workflow;
  });
}
