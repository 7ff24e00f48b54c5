import { Check, Copy, Dices, History, Lock, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { graphAt } from "../graph/document/graphs";
import type { InputRef, SeedRule } from "../graph/document/model";
import { activeDocument, scopeOf, useDocuments } from "../state/documents";
import { randomSeed } from "../state/keys";
import { useActiveRun } from "../state/runs";
import { chooseSeedRule, type Hand } from "./hand";
import { MenuList, type MenuEntry } from "./MenuList";
import { Popover } from "./Popover";

interface Props {
  readonly at: InputRef;
  readonly rule: SeedRule | null;
  readonly value: bigint | null;
  readonly hand: Hand;
}

const RULES = ["fixed", "random", "increment"] as const;
const ICONS = { fixed: Lock, random: Dices, increment: Plus };

/** What becomes of a seed: its sign in the field, and the menu behind it. */
export function SeedMark({ at, rule, value, hand }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const last = useLastSeed(at);
  const now = rule ?? "fixed";
  const Icon = ICONS[now];
  const close = () => setOpen(false);
  const entries: MenuEntry[] = [
    ...RULES.map((each) => ({
      label: t(`seed_${each}`),
      icon: ICONS[each],
      checked: each === now,
      onPick: () => chooseSeedRule(at, each),
    })),
    { label: t("widget.newSeed"), icon: Dices, divided: true, onPick: () => hand.set(randomSeed()) },
    {
      label: last === null ? t("widget.noLastSeed") : t("widget.lastSeed", { seed: String(last) }),
      icon: History,
      disabled: last === null || last === value,
      onPick: () => last !== null && hand.set(last),
    },
    {
      label: t("widget.copySeed"),
      icon: Copy,
      disabled: value === null,
      onPick: () => void navigator.clipboard.writeText(String(value)),
    },
  ];
  return (
    <>
      <button
        ref={button}
        type="button"
        className="mark"
        title={t(`seed_${now}`)}
        aria-label={t("widget.seedRule", { rule: t(`seed_${now}`) })}
        aria-haspopup="menu"
        aria-expanded={open}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={() => setOpen((shown) => !shown)}
      >
        <Icon className="icon sm" />
      </button>
      {open && (
        <Popover anchor={button} label={t("widget.seedMenu")} role="menu" width={260} onClose={close}>
          <MenuList entries={entries} check={Check} onClose={close} />
        </Popover>
      )}
    </>
  );
}

/** The seed that the run which is shown went with. */
function useLastSeed(at: InputRef): bigint | null {
  const run = useActiveRun();
  const scope = useDocuments((state) => {
    const document = activeDocument(state);
    return document ? scopeOf(document) : null;
  });
  if (!run || (scope !== null && !run.workflow.subgraphs.has(scope))) return null;
  const value = graphAt(run.workflow, scope).nodes.get(at.node)?.inputs.get(at.input);
  return typeof value === "bigint" ? value : null;
}
