import { ChevronRight, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { graphAt, scopeAt } from "../../graph/document/graphs";
import { subgraphOf } from "../../graph/document/model";
import { enter } from "../../state/documents";
import { useActive } from "../../state/stage";
import { ActionButton } from "../../widgets/ActionButton";

/** The way from the workflow into the subgraph that one looks at; a click leads back. */
export function Breadcrumbs() {
  const { t } = useTranslation();
  const document = useActive();
  if (!document || document.instances.length === 0) return null;
  const { instances, history } = document;
  const steps = instances.map((instance, index) => {
    const scope = scopeAt(history.present, instances.slice(0, index)) ?? null;
    const node = graphAt(history.present, scope).nodes.get(instance);
    const id = node ? subgraphOf(node) : null;
    return { to: instances.slice(0, index + 1), label: node?.title ?? id ?? instance };
  });
  return (
    <nav className="float crumbs" aria-label={t("subgraph.path")} data-testid="breadcrumbs">
      <button type="button" className="btn" onClick={() => enter([])}>
        {t("subgraph.whole")}
      </button>
      {steps.map(({ to, label }, index) => (
        <span key={to.join("/")} className="crumb">
          <ChevronRight className="icon sm" aria-hidden />
          {index === steps.length - 1 ? (
            <b aria-current="page" className="clip">
              {label}
            </b>
          ) : (
            <button type="button" className="btn" onClick={() => enter(to)}>
              {label}
            </button>
          )}
        </span>
      ))}
      <ActionButton action="leave" label={t("actions.leave")} className="icon-only">
        <X className="icon sm" />
      </ActionButton>
    </nav>
  );
}
