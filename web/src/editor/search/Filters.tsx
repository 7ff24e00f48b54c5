import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Fit } from "../../graph/search";
import { socketClass } from "../../widgets/socket";
import { setSession, type Search } from "../session";
import { fitOf } from "./finds";

interface Props {
  readonly search: Search;
  readonly offered: readonly Fit[];
  readonly on: readonly Fit[];
  readonly onChange: (on: readonly Fit[]) => void;
}

/** Chips by which the search is narrowed; the first is what the held link asks for. */
export function Filters({ search, offered, on, onChange }: Props) {
  const { t } = useTranslation();
  const asked = fitOf(search);
  const shown = [...on, ...offered.filter((each) => !on.some((other) => same(each, other)))];
  if (!asked && shown.length === 0) return null;
  return (
    <div className="filters" role="group" aria-label={t("search.filters")}>
      {asked && (
        <Chip
          fit={asked}
          on
          onToggle={() =>
            setSession({ search: { ...search, held: null, type: null, withPorts: false }, linking: null })
          }
        />
      )}
      {shown.map((fit) => {
        const picked = on.some((each) => same(each, fit));
        return (
          <Chip
            key={"to" in fit ? `to ${fit.to}` : `from ${fit.from}`}
            fit={fit}
            on={picked}
            onToggle={() => onChange(picked ? on.filter((each) => !same(each, fit)) : [...on, fit])}
          />
        );
      })}
    </div>
  );
}

interface ChipProps {
  readonly fit: Fit;
  readonly on: boolean;
  readonly onToggle: () => void;
}

function Chip({ fit, on, onToggle }: ChipProps) {
  const { t } = useTranslation();
  const gives = "to" in fit;
  const type = gives ? fit.to : fit.from;
  return (
    <button type="button" className={`chip${on ? " on" : ""}`} aria-pressed={on} onClick={onToggle}>
      <i className={`glyph ${gives ? "free " : ""}${socketClass(type)}`} aria-hidden />
      {t(gives ? "search.filterGives" : "search.filterTakes", { type })}
      {on && <X className="icon sm" aria-hidden />}
    </button>
  );
}

function same(one: Fit, other: Fit): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
