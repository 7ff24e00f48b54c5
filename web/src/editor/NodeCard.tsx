import { Handle, Position, type NodeProps } from "@xyflow/react";
import { TriangleAlert } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import { isLiteral, linksOf, type Literal, type Node } from "../graph/document/model";
import { HEAD, portId, type FieldPlace, type PortPlace } from "../graph/geometry";
import type { SceneNode } from "../state/scene";
import { useIsSelected, useNode, usePath } from "../state/stage";
import { useStandings, type Standing } from "../state/standing";
import { FieldView } from "../widgets/FieldView";
import { socketClass } from "../widgets/socket";
import { CardFoot } from "./CardFoot";
import { CardPicture } from "./CardPicture";
import type { CardNode } from "./flow";

/** A node as it lies on the canvas. Its values come from the document, its state from the run: neither is in React Flow's nodes. */
export const NodeCard = memo(function NodeCard({ data }: NodeProps<CardNode>) {
  const { item } = data;
  const node = useNode(item.name);
  const path = usePath(item.name);
  const standing = useStandings(({ nodes }) => nodes.get(path)) ?? null;
  const selected = useIsSelected(item.name);
  if (!node) return null;
  const { shape, view } = item;
  return (
    <article
      className={`node ${stateClass(standing, node)}${selected ? " is-selected" : ""}`}
      style={{ width: shape.width, height: shape.height }}
      aria-label={titleOf(item, node)}
    >
      <Head item={item} node={node} />
      {shape.ports.map((port, index) => (
        <Port
          key={portId(port)}
          port={port}
          collapsed={shape.collapsed}
          drawn={!shape.collapsed || shape.ports.findIndex(({ side }) => side === port.side) === index}
        />
      ))}
      {!shape.collapsed && node.mode === "bypass" && <i className="through" style={{ top: HEAD + 16 }} />}
      {shape.fields.map((field) => (
        <div key={field.input.name} className="field-place" style={{ top: field.y }}>
          <FieldView
            input={field.input}
            value={literalAt(node, field)}
            source={linksOf(node.inputs.get(field.input.name))[0]?.node ?? null}
            height={field.height}
            seedRule={view.seeds.get(field.input.name) ?? null}
            faulty={standing?.kind === "error" && standing.input === field.input.name}
          />
        </div>
      ))}
      {shape.picture && <CardPicture path={path} place={shape.picture} />}
      <CardFoot standing={standing} mode={node.mode} />
    </article>
  );
});

function Head({ item, node }: { readonly item: SceneNode; readonly node: Node }) {
  const { t } = useTranslation();
  const { signature, shape, view } = item;
  const title = titleOf(item, node);
  const named = title !== signature.label;
  return (
    <header className="node-head">
      {view.color !== null && <i className="node-color" style={{ background: view.color }} />}
      <h3>{title}</h3>
      {shape.collapsed ? (
        <span className="type">
          {t("fields", { count: signature.inputs.filter((each) => each.widget !== null).length })}
        </span>
      ) : (
        named && <span className="type">{node.type.replace(/^subgraph:/, "")}</span>
      )}
      {signature.kind === "unknown" && (
        <span title={t("unknownType")} className="type warning">
          <TriangleAlert className="icon sm" aria-label={t("unknownType")} />
        </span>
      )}
    </header>
  );
}

interface PortProps {
  readonly port: PortPlace;
  readonly collapsed: boolean;
  /** A collapsed node draws one port on each side: the others lie under it. */
  readonly drawn: boolean;
}

function Port({ port, collapsed, drawn }: PortProps) {
  const { side, type, label, linked, field } = port;
  if (field && !linked && !collapsed) return null;
  const place = { top: port.y - 12 };
  return (
    <div
      className={`port ${side} ${socketClass(type)}${linked || side === "out" ? " linked" : ""}${field ? " of-field" : ""}${drawn ? "" : " undrawn"}`}
      style={place}
    >
      <Handle
        id={portId(port)}
        type={side === "in" ? "target" : "source"}
        position={side === "in" ? Position.Left : Position.Right}
        isConnectable={false}
        aria-label={`${label}, ${type}`}
      />
      {!collapsed && !field && <span>{label}</span>}
    </div>
  );
}

function titleOf({ signature }: SceneNode, node: Node): string {
  return node.title ?? signature.label;
}

function literalAt(node: Node, { input }: FieldPlace): Literal | undefined {
  const written = node.inputs.get(input.name);
  return isLiteral(written) ? written : input.default;
}

function stateClass(standing: Standing | null, node: Node): string {
  if (node.mode !== null) return node.mode === "mute" ? "is-muted" : "is-bypassed";
  return standing ? `is-${standing.kind}` : "";
}
