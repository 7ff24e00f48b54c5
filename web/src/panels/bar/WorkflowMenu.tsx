import { useState } from "react";
import { useTranslation } from "react-i18next";

import { perform } from "../../state/actions";
import { activeDocument, useDocuments } from "../../state/documents";
import { Revisions } from "../library/Revisions";
import { Menu } from "../parts/Menu";

/** What can be done with the workflow that is open. */
export function WorkflowMenu() {
  const { t } = useTranslation();
  const [revisions, setRevisions] = useState<string | null>(null);
  const name = useDocuments((state) => {
    const document = activeDocument(state);
    return document && (document.template ? "" : (document.name ?? ""));
  });
  if (name === null) return null;
  const item = (id: "saveAs" | "exportFile" | "shareFile" | "closeWorkflow") => ({
    label: t(`actions.${id}`),
    onPick: () => void perform(id),
  });
  return (
    <>
      <Menu
        label={t("workflowActs")}
        items={[
          item("saveAs"),
          {
            label: t("libraryView.revisions"),
            disabled: name === "",
            onPick: () => setRevisions(name),
          },
          "line",
          item("exportFile"),
          item("shareFile"),
          "line",
          item("closeWorkflow"),
        ]}
      />
      {revisions !== null && <Revisions name={revisions} onClose={() => setRevisions(null)} />}
    </>
  );
}
