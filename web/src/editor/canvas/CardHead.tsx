import { CornerDownRight, Pin, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Node } from "../../graph/document/model";
import { setTitle } from "../../graph/edit/nodes";
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
          onDone={(text) =>
            edit("rename", (workflow, scope) =>
              setTitle(workflow, scope, name, text.trim() === signature.label ? null : text),
            )
          }
        />
      ) : (
        <h3 data-title>{title}</h3>
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
