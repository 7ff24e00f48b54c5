import { useState } from "react";
import { useTranslation } from "react-i18next";

import { perform } from "../../state/actions";
import { useActive } from "../../state/stage";
import { Revisions } from "../library/Revisions";
import { Menu } from "../parts/Menu";

/** What can be done with the workflow that is open. */
export function WorkflowMenu() {
  const { t } = useTranslation();
  const [revisions, setRevisions] = useState<string | null>(null);
  const document = useActive();
  if (!document) return null;
  const name = document.template ? null : document.name;
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
            disabled: name === null,
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
