import { useId } from "react";
import { useTranslation } from "react-i18next";

import { graphAt, instancesOf } from "../../graph/document/graphs";
import type { Graph, InputRef, OutputRef } from "../../graph/document/model";
import { isName } from "../../graph/document/names";
import { concealPort, movePort, renamePort, type Side } from "../../graph/edit/ports";
import { renameSubgraph } from "../../graph/edit/subgraphs";
import { portLabel } from "../../graph/types/signature";
import { edit, scopeOf, type OpenDocument } from "../../state/documents";
import { useActive, useStage } from "../../state/stage";
import { NameField } from "../../widgets/NameField";
import { OrderButtons } from "../../widgets/OrderButtons";
import { PaneHead } from "../../widgets/PaneHead";
import { socketClass } from "../../widgets/socket";
import { goToNode } from "../actions/view";
import { setSession, useSession } from "../session";

/** The named inputs and outputs of the graph that one looks at: the ports of a subgraph, the fields of a workflow's form. */
export function PortsPanel() {
  const { t } = useTranslation();
  const id = useId();
  const open = useSession((session) => session.ports);
  const document = useActive();
  if (!open || !document) return null;
  const scope = scopeOf(document);
  const graph = graphAt(document.history.present, scope);
  return (
    <section className="float ports-panel" aria-labelledby={id} data-testid="ports-panel">
      <PaneHead id={id} title={t("subgraph.title")} onClose={() => setSession({ ports: false })} />
      <div className="panel-body">
        {scope !== null && <NameOf document={document} id={scope} />}
        <Side side="inputs" graph={graph} />
        <Side side="outputs" graph={graph} />
      </div>
    </section>
  );
}

function NameOf({ document, id }: { readonly document: OpenDocument; readonly id: string }) {
  const { t } = useTranslation();
  const { present } = document.history;
  const count = instancesOf(present, id).length;
  return (
    <div className="port-row named">
      <NameField
        key={id}
        label={t("subgraph.name")}
        name={id}
        check={(name) => (present.subgraphs.has(name) ? "taken" : isName(name, "node") ? null : "forbidden")}
        onDone={(name) => edit("rename", (workflow) => renameSubgraph(workflow, id, name))}
      />
      <span className="what">{t("subgraph.usedTimes", { count })}</span>
    </div>
  );
}

function Side({ side, graph }: { readonly side: Side; readonly graph: Graph }) {
  const { t } = useTranslation();
  const entries: readonly (readonly [string, InputRef | OutputRef])[] = [...graph[side]];
  return (
    <section aria-label={t(`subgraph.${side}`)}>
      <h3 className="section">{t(`subgraph.${side}`)}</h3>
      {entries.length === 0 && <p className="muted panel-hint">{t("subgraph.none")}</p>}
      <ul>
        {entries.map(([name, ref], index) => (
          <li key={name} className="port-row">
            <Source side={side} at={ref} />
            <NameField
              label={t("subgraph.rename", { name })}
              name={name}
              check={(next) => (graph[side].has(next) ? "taken" : isName(next, "interface") ? null : "forbidden")}
              onDone={(next) => edit("rename", (workflow, scope) => renamePort(workflow, scope, side, name, next))}
            />
            <OrderButtons
              name={name}
              index={index}
              count={entries.length}
              onMove={(by) => edit("ports", (workflow, scope) => movePort(workflow, scope, side, name, by))}
              removal={t("subgraph.remove", { name })}
              onRemove={() => edit("conceal", (workflow, scope) => concealPort(workflow, scope, side, name))}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The inner port that a name leads to; a click goes there. */
function Source({ side, at }: { readonly side: Side; readonly at: InputRef | OutputRef }) {
  const { t } = useTranslation();
  const port = "input" in at ? at.input : at.output;
  const type = useStage(
    ({ scene }) => scene.nodes.get(at.node)?.signature[side].find((each) => each.name === port)?.type ?? "*",
  );
  const words = t("subgraph.leadsTo", { node: at.node, port: portLabel(port) });
  return (
    <button
      type="button"
      className="source"
      title={`${words} (${type})`}
      aria-label={words}
      onClick={() => goToNode(at.node)}
    >
      <i className={`glyph ${socketClass(type)}`} aria-hidden />
    </button>
  );
}
