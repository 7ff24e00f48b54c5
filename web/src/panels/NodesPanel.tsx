import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { searchTypes, type Hit } from "../graph/search";
import { useRegistry } from "../state/registry";
import { socketClass } from "../widgets/socket";
import { Panel } from "./Panel";

/** All node types, by what they are for; found by name, other name and category. */
export function NodesPanel({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const registry = useRegistry((known) => known.registry);
  const hits = useMemo(() => searchTypes(registry, { text }), [registry, text]);
  const groups = text.trim() === "" ? byCategory(hits) : [["", hits] as const];
  return (
    <Panel title={t("nodes")} search={{ label: t("findNode"), text, onText: setText }} onClose={onClose}>
      {hits.length === 0 && <p className="muted panel-hint">{t("nothingFound", { text })}</p>}
      {groups.map(([category, members]) => (
        <section key={category}>
          {category !== "" && <h3 className="section">{category}</h3>}
          <ul>
            {members.map((hit) => (
              <li key={hit.type.id} className="panel-row" title={hit.type.description.split("\n\n")[0]}>
                <i className={`glyph ${socketClass(hit.type.outputs[0]?.type ?? "*")}`} aria-hidden />
                <span className="clip">
                  <Marked hit={hit} />
                </span>
                {hit.also !== null && <span className="what clip">{hit.also}</span>}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Panel>
  );
}

function Marked({ hit }: { readonly hit: Hit }) {
  const marks = new Set(hit.marks);
  return Array.from(hit.label, (letter, index) => (marks.has(index) ? <mark key={index}>{letter}</mark> : letter));
}

function byCategory(hits: readonly Hit[]): readonly (readonly [string, readonly Hit[]])[] {
  const groups = new Map<string, Hit[]>();
  for (const hit of hits) groups.set(hit.type.category, [...(groups.get(hit.type.category) ?? []), hit]);
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}
