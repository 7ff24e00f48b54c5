import { Command } from "cmdk";
import { useTranslation } from "react-i18next";

import { LIBRARY_PREFIX, type Hit } from "../../graph/search";
import { outputLabel, portLabel } from "../../graph/types/signature";
import { socketClass } from "../../widgets/socket";
import type { Held } from "../session";
import type { PortHit } from "./finds";

interface Props {
  readonly hit: Hit;
  readonly held: Held | null;
  readonly onChoose: () => void;
}

/** A node type that was found, with the port that the held link would end at, or what it gives. */
export function HitRow({ hit, held, onChoose }: Props) {
  const { t } = useTranslation();
  const { type, label, marks, also, port } = hit;
  const marked = new Set(marks);
  const giver = type.outputs[0];
  const target = port === null ? undefined : held?.kind === "in" ? output(hit, port) : input(hit, port);
  const shown = target ?? (giver ? { name: outputLabel(giver, type.outputs.length === 1), type: giver.type } : null);
  const sourceOf = () => (type.id.startsWith(LIBRARY_PREFIX) ? t("search.library") : type.id.replace(/^subgraph:/, ""));
  return (
    <Command.Item className="hit" value={type.id} onSelect={onChoose}>
      <span className="clip">
        {Array.from(label, (letter, index) => (marked.has(index) ? <mark key={index}>{letter}</mark> : letter))}
      </span>
      <span className="what clip">{also ?? sourceOf()}</span>
      {shown && (
        <span className="into">
          {shown.name}
          <i className={`glyph ${socketClass(shown.type)}`} aria-hidden />
        </span>
      )}
    </Command.Item>
  );
}

function input({ type }: Hit, port: string) {
  const found = type.inputs.find((each) => each.name === port);
  return found && { name: portLabel(found.name), type: found.type };
}

function output({ type }: Hit, port: string) {
  const found = type.outputs.find((each) => each.name === port);
  return found && { name: outputLabel(found, type.outputs.length === 1), type: found.type };
}

export function portValue({ node, port }: PortHit): string {
  return `port ${node} ${port}`;
}

/** A port of this graph that the held link could go to. */
export function PortRow({ hit, onChoose }: { readonly hit: PortHit; readonly onChoose: () => void }) {
  const { t } = useTranslation();
  return (
    <Command.Item className="hit" value={portValue(hit)} onSelect={onChoose}>
      <i className={`glyph ${socketClass(hit.type)}`} aria-hidden />
      <span className="clip">{hit.label}</span>
      <span className="what clip">{t("search.of", { node: hit.title })}</span>
      <span className="into">{hit.title === hit.node ? "" : hit.node}</span>
    </Command.Item>
  );
}
