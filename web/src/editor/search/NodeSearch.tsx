import { Command } from "cmdk";
import { Search as SearchIcon } from "lucide-react";
import type { TFunction } from "i18next";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";

import type { Fit } from "../../graph/search";
import { canvasSize } from "../camera";
import { situation } from "../here";
import { setSession, useSession, type Search } from "../session";
import { Nothing } from "../palette/Finder";
import { useChosen } from "../palette/useChosen";
import { focusCanvas } from "../actions/edit";
import { chooseType, choosePort } from "./choose";
import { Filters } from "./Filters";
import { find, type Finds } from "./finds";
import { HitRow, PortRow, portValue } from "./HitRow";
import { Preview } from "./Preview";

const EDGE = 12;

/** The search that adds nodes: at a double-click, by Tab, or where a link was let go. */
export function NodeSearch() {
  const search = useSession((session) => session.search);
  return search && <SearchBox key={`${search.anchor.x} ${search.anchor.y}`} search={search} />;
}

function letGo(): void {
  setSession({ search: null, linking: null });
  focusCanvas();
}

function SearchBox({ search }: { readonly search: Search }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const [also, setAlso] = useState<readonly Fit[]>([]);
  const finds = useMemo((): Finds | null => {
    const at = situation();
    return at && find(at, search, text, also);
  }, [search, text, also]);
  useOutside(box);
  useLayoutEffect(() => {
    if (box.current) place(box.current, search);
  });
  const { ports, hits } = finds ?? { ports: [], hits: [] };
  const values = [...ports.map(portValue), ...hits.map(({ type }) => type.id)];
  const [value, setChosen] = useChosen(values);
  if (!finds) return null;
  const hit = hits.find(({ type }) => type.id === value);
  return (
    <Command
      ref={box}
      className="pop search-pop"
      label={t("search.label")}
      shouldFilter={false}
      vimBindings={false}
      loop
      value={value}
      onValueChange={setChosen}
      data-testid="node-search"
      onKeyDown={(event) => {
        if (event.key === "Escape" || event.key === "Tab") {
          event.preventDefault();
          letGo();
        }
        event.stopPropagation();
      }}
    >
      <div className="search-box">
        <SearchIcon className="icon" />
        <Command.Input
          autoFocus
          value={text}
          onValueChange={(next) => {
            setText(next);
            setChosen("");
          }}
          placeholder={placeholderOf(t, search)}
        />
      </div>
      <Filters search={search} offered={finds.filters} on={also} onChange={setAlso} />
      <Command.List className="hits" label={t("search.results")}>
        <Found search={search} finds={finds} />
        {values.length === 0 && (
          <Nothing>{text === "" ? t("search.nothingFits") : t("search.nothing", { text })}</Nothing>
        )}
      </Command.List>
      {hit && <Preview hit={hit} held={search.held} />}
      <Keys linking={search.held !== null} onPort={value.startsWith("port ")} finds={finds} />
    </Command>
  );
}

function Found({ search, finds: { ports, hits } }: { readonly search: Search; readonly finds: Finds }) {
  const { t } = useTranslation();
  return (
    <>
      {ports.length > 0 && (
        <Command.Group heading={t("search.here")}>
          {ports.map((each) => (
            <PortRow key={portValue(each)} hit={each} onChoose={() => choosePort(search, each)} />
          ))}
        </Command.Group>
      )}
      {hits.length > 0 && (
        <Command.Group {...(ports.length > 0 ? { heading: t("search.fresh") } : {})}>
          {hits.map((each) => (
            <HitRow key={each.type.id} hit={each} held={search.held} onChoose={() => chooseType(search, each)} />
          ))}
        </Command.Group>
      )}
    </>
  );
}

interface KeysProps {
  readonly linking: boolean;
  readonly onPort: boolean;
  readonly finds: Finds;
}

function Keys({ linking, onPort, finds }: KeysProps) {
  const { t } = useTranslation();
  return (
    <footer className="keys">
      <span>
        <kbd>↑ ↓</kbd>
        {t("search.choose")}
      </span>
      <span>
        <kbd>↵</kbd>
        {linking ? t(onPort ? "search.linkHere" : "search.addLink") : t("search.add")}
      </span>
      <span>
        <kbd>Esc</kbd>
        {t("search.letGo")}
      </span>
      <span className="grow" />
      <span>{t("search.count", { found: String(finds.hits.length), all: String(finds.all) })}</span>
    </footer>
  );
}

/** A press anywhere else lets go of the search. */
function useOutside(box: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const inside = event.target instanceof Node && box.current?.contains(event.target) === true;
      if (!inside) setSession({ search: null, linking: null });
    };
    window.addEventListener("pointerdown", outside, true);
    return () => window.removeEventListener("pointerdown", outside, true);
  }, [box]);
}

function placeholderOf(t: TFunction, { held, type }: Search): string {
  if (!held || type === null) return t("search.any");
  return held.kind === "out" ? t("search.takes", { type }) : t("search.gives", { type });
}

/** Beside the pointer, wholly inside the canvas. */
function place(box: HTMLElement, { anchor, held }: Search): void {
  const { width, height } = canvasSize();
  const x = held?.kind === "in" ? anchor.x - box.offsetWidth : anchor.x;
  box.style.left = `${Math.max(EDGE, Math.min(x, width - box.offsetWidth - EDGE))}px`;
  box.style.top = `${Math.max(EDGE, Math.min(anchor.y - 22, height - box.offsetHeight - EDGE))}px`;
}
