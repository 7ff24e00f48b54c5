import { Network, Plus, Redo2, Undo2 } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { offer } from "../state/actions";
import { activeDocument, redoStep, undoStep, useDocuments } from "../state/documents";
import { useActive, useStage } from "../state/stage";
import { tidyUp } from "../state/tidying";
import { ActionButton } from "../widgets/ActionButton";

const history = () => activeDocument(useDocuments.getState())?.history;

/** What is done to a graph most. */
export function Toolbar() {
  const { t } = useTranslation();
  useActive(); // whether there is something to undo changes with the document
  useEffect(
    () =>
      offer(
        { id: "undo", keys: ["Ctrl+Z"], run: undoStep, enabled: () => (history()?.past.length ?? 0) > 0 },
        {
          id: "tidy",
          keys: ["Ctrl+L"],
          run: () => void tidyUp(),
          enabled: () => useStage.getState().scene.nodes.size > 0,
        },
        {
          id: "redo",
          keys: ["Ctrl+Shift+Z", "Ctrl+Y"],
          run: redoStep,
          enabled: () => (history()?.future.length ?? 0) > 0,
        },
      ),
    [],
  );
  return (
    <div className="float tools" role="toolbar" aria-label={t("tools")}>
      <ActionButton action="addNode" label={t("addNode")} className="strong">
        <Plus className="icon sm" />
        {t("addNode")} <kbd>Tab</kbd>
      </ActionButton>
      <span className="sep" />
      <ActionButton action="undo" label={t("undo")} className="icon-only">
        <Undo2 className="icon" />
      </ActionButton>
      <ActionButton action="redo" label={t("redo")} className="icon-only">
        <Redo2 className="icon" />
      </ActionButton>
      <span className="sep" />
      <ActionButton action="tidy" label={t("tidy")} className="icon-only">
        <Network className="icon turned" />
      </ActionButton>
    </div>
  );
}
