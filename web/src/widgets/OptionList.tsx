import { Check, Search } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { findIn } from "../graph/values/find";
import { useRows } from "./useRows";

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
  /** The address of a small picture. */
  readonly thumb?: string;
}

interface Props {
  readonly label: string;
  readonly options: readonly Option[];
  readonly chosen: string | null;
  readonly onPick: (value: string) => void;
  /** What was typed before the list opened. */
  readonly start?: string;
  /** Stands between the search and the list. */
  readonly children?: ReactNode;
}

const TYPED = { type: "text", role: "combobox", autoComplete: "off", spellCheck: false } as const;
const ROW = 32;
const TALL = 44;
const HIGHEST = 9 * ROW;

/** A list to choose from: typing narrows it, arrows and Enter choose. Only the rows that are seen are there. */
export function OptionList({ label, options, chosen, onPick, start = "", children }: Props) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(start);
  const found = findIn(options, (each) => each.label, wanted);
  const [active, setActive] = useState(() =>
    start === ""
      ? Math.max(
          0,
          options.findIndex(({ value }) => value === chosen),
        )
      : 0,
  );
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const size = options.some(({ thumb, detail }) => thumb !== undefined || detail !== undefined) ? TALL : ROW;
  const height = Math.min(HIGHEST, Math.max(1, found.length) * size);
  const { first, last, onScroll, reveal } = useRows(view, found.length, size, height);
  useEffect(() => {
    input.current?.focus({ preventScroll: true });
    reveal(active);
    // the place that it opens at, once
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <>
      <div className="search-box small">
        <Search className="icon sm" />
        <input
          ref={input}
          {...TYPED}
          aria-label={t("widget.findIn", { name: label })}
          aria-expanded
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
          placeholder={t("widget.find")}
          value={wanted}
          onChange={(event) => {
            setWanted(event.target.value);
            go(0);
          }}
          onKeyDown={press}
        />
      </div>
      {children}
      {found.length === 0 && wanted !== "" && <p className="panel-hint muted">{t("nothingFound", { text: wanted })}</p>}
      <div
        ref={view}
        id={id}
        role="listbox"
        aria-label={label}
        className="option-list"
        hidden={found.length === 0}
        style={{ height }}
        onScroll={onScroll}
      >
        <div role="presentation" style={{ height: found.length * size, paddingTop: first * size }}>
          {found.slice(first, last).map((option, index) => (
            <Row
              key={option.value}
              id={`${id}-${first + index}`}
              option={option}
              place={[first + index + 1, found.length]}
              active={first + index === active}
              chosen={option.value === chosen}
              height={size}
              onPoint={() => setActive(first + index)}
              onPick={() => onPick(option.value)}
            />
          ))}
        </div>
      </div>
    </>
  );

  function go(index: number) {
    const next = Math.max(0, Math.min(found.length - 1, index));
    setActive(next);
    reveal(next);
  }

  function press(event: KeyboardEvent) {
    const page = Math.floor(height / size);
    const to = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (to !== undefined) go(active + to);
    else if (event.key === "Enter") {
      const option = found[active];
      if (option) onPick(option.value);
    } else return;
    event.preventDefault();
  }
}

interface RowProps {
  readonly id: string;
  readonly option: Option;
  /** Its number, from 1, and of how many. */
  readonly place: readonly [number, number];
  readonly active: boolean;
  readonly chosen: boolean;
  readonly height: number;
  readonly onPoint: () => void;
  readonly onPick: () => void;
}

function Row({ id, option, place, active, chosen, height, onPoint, onPick }: RowProps) {
  const { label, detail, thumb } = option;
  return (
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      aria-posinset={place[0]}
      aria-setsize={place[1]}
      className={`option${active ? " on" : ""}`}
      style={{ height }}
      onPointerMove={active ? undefined : onPoint}
      onClick={onPick}
    >
      {thumb !== undefined && <img src={thumb} alt="" loading="lazy" />}
      <span className="option-words">
        <span className="clip">{label}</span>
        {detail !== undefined && <span className="what clip">{detail}</span>}
      </span>
      {chosen && <Check className="icon sm" />}
    </div>
  );
}
