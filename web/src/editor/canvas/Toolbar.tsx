import { Network, Plus, Redo2, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ActionButton } from "../../widgets/ActionButton";

/** What is done to a graph most. */
export function Toolbar() {
  const { t } = useTranslation();
  return (
    <div className="float tools" role="toolbar" aria-label={t("tools")}>
      <ActionButton action="addNode" label={t("actions.addNode")} className="strong">
        <Plus className="icon sm" />
        {t("actions.addNode")} <kbd>Tab</kbd>
      </ActionButton>
      <span className="sep" />
      <ActionButton action="undo" label={t("actions.undo")} className="icon-only">
        <Undo2 className="icon" />
      </ActionButton>
      <ActionButton action="redo" label={t("actions.redo")} className="icon-only">
        <Redo2 className="icon" />
      </ActionButton>
      <span className="sep" />
      <ActionButton action="tidy" label={t("actions.tidy")} className="icon-only">
        <Network className="icon turned" />
      </ActionButton>
    </div>
  );
}
