import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { searchTypes, type Hit } from "../graph/search";
import { summaryOf, type NodeType } from "../graph/types/nodeType";
import { useRegistry } from "../state/registry";
import { CARRIED_TYPE } from "../widgets/carry";
import { socketClass } from "../widgets/socket";
import { Panel } from "./Panel";

interface Props {
  readonly onAdd: (type: NodeType) => void;
  readonly onClose: () => void;
}

/** All node types, by what they are for; found by name, other name and category. A click adds one, and so does a drag. */
export function NodesPanel({ onAdd, onClose }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const registry = useRegistry((known) => known.registry);
  const hits = useMemo(() => searchTypes(registry, { text }), [registry, text]);
  const groups = text.trim() === "" ? byCategory(hits) : [["", hits] as const];
  const onEnter = () => text.trim() !== "" && hits[0] && onAdd(hits[0].type);
  return (
    <Panel title={t("nodes")} search={{ label: t("findNode"), text, onText: setText, onEnter }} onClose={onClose}>
      {hits.length === 0 && <p className="muted panel-hint">{t("nothingFound", { text })}</p>}
      {groups.map(([category, members]) => (
        <section key={category}>
          {category !== "" && <h3 className="section">{category}</h3>}
          <ul>
            {members.map((hit) => (
              <li key={hit.type.id}>
                <Row hit={hit} onAdd={() => onAdd(hit.type)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Panel>
  );
}

function Row({ hit, onAdd }: { readonly hit: Hit; readonly onAdd: () => void }) {
  const { type, also } = hit;
  return (
    <button
      type="button"
      className="panel-row"
      title={summaryOf(type)}
      draggable
      onDragStart={({ dataTransfer }) => {
        dataTransfer.setData(CARRIED_TYPE, type.id);
        dataTransfer.effectAllowed = "copy";
      }}
      onClick={onAdd}
    >
      <i className={`glyph ${socketClass(type.outputs[0]?.type ?? "*")}`} aria-hidden />
      <span className="clip">
        <Marked hit={hit} />
      </span>
      {also !== null && <span className="what clip">{also}</span>}
    </button>
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
