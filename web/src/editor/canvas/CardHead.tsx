import { CornerDownRight, Pin, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { instancesOf } from "../../graph/document/graphs";
import type { Node, Scope, Workflow } from "../../graph/document/model";
import { isName } from "../../graph/document/names";
import { setTitle } from "../../graph/edit/nodes";
import { renameSubgraph } from "../../graph/edit/subgraphs";
import { edit } from "../../state/documents";
import type { SceneNode } from "../../state/scene";
import { enterNode } from "../deeds";
import { useSession } from "../session";
import { EditText } from "./EditText";

interface Props {
  readonly item: SceneNode;
  readonly node: Node;
}

/** The title, and the type where the title does not tell it. */
export function CardHead({ item, node }: Props) {
  const { t } = useTranslation();
  const { name, signature, shape, view } = item;
  const editing = useSession((session) => session.editing?.kind === "title" && session.editing.name === name);
  const title = titleOf(item, node);
  return (
    <header className="node-head">
      {view.color !== null && <i className="node-color" style={{ background: view.color }} />}
      {editing ? (
        <EditText
          label={t("node.title")}
          text={title}
          onDone={(text) => edit("rename", (workflow, scope) => rename(workflow, scope, item, text.trim()))}
        />
      ) : (
        <h2 data-title>{title}</h2>
      )}
      {!editing && <Aside item={item} node={node} />}
      {view.pinned && <Pin className="icon sm pinned" aria-label={t("node.pinned")} />}
      {signature.kind === "subgraph" && (
        <button
          type="button"
          className="into"
          tabIndex={-1}
          title={t("node.openSubgraph")}
          aria-label={t("node.openSubgraph")}
          onClick={() => enterNode(name)}
        >
          <CornerDownRight className="icon sm" />
        </button>
      )}
      {signature.kind === "unknown" && !shape.collapsed && (
        <span title={t("unknownType")} className="type warning">
          <TriangleAlert className="icon sm" aria-label={t("unknownType")} />
        </span>
      )}
    </header>
  );
}

/** A subgraph that stands here alone is named itself; anything else gets a title. */
function rename(workflow: Workflow, scope: Scope, { name, signature }: SceneNode, text: string): Workflow {
  const { label, kind } = signature;
  const alone = kind === "subgraph" && instancesOf(workflow, label, 2).length === 1;
  if (alone && !workflow.subgraphs.has(text) && isName(text, "node"))
    return setTitle(renameSubgraph(workflow, label, text), scope, name, null);
  return setTitle(workflow, scope, name, text === label ? null : text);
}

function Aside({ item, node }: Props) {
  const { t } = useTranslation();
  const { signature, shape } = item;
  if (shape.collapsed) {
    const count = signature.inputs.filter((each) => each.widget !== null).length;
    return <span className="type">{count > 0 ? t("fields", { count }) : ""}</span>;
  }
  const named = titleOf(item, node) !== signature.label;
  return named && <span className="type clip">{node.type.replace(/^subgraph:/, "")}</span>;
}

export function titleOf({ signature }: SceneNode, node: Node): string {
  return node.title ?? signature.label;
}
