import { List, Plus, Rows2, Save, Workflow as GraphIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { QueueCount, RunControls } from "../panels/bar/RunControls";
import { Tabs } from "../panels/bar/Tabs";
import { newTab } from "../panels/bar/openTabs";
import { useDocuments } from "../state/documents";
import { useMasking } from "../state/masking";
import { usePlace } from "../state/place";
import { useSettings } from "../state/settings";
import { ActionButton } from "../widgets/ActionButton";
import { Logo } from "./Logo";
import { WorkflowMenu } from "../panels/bar/WorkflowMenu";

export function TopBar() {
  const { t } = useTranslation();
  const dock = useSettings((settings) => settings.dock);
  const view = usePlace((place) => place.view);
  const masking = useMasking((state) => state.open !== null); // it lies over all that these would act on
  const open = useDocuments((state) => state.active !== null) && !masking;
  return (
    <header className="bar">
      <Logo />
      <Tabs />
      <button
        type="button"
        className="btn quiet icon-only new-tab"
        aria-label={t("newWorkflow")}
        title={t("newWorkflow")}
        onClick={newTab}
      >
        <Plus className="icon" />
      </button>
      <span className="grow" />
      {open && (
        <>
          {view !== "gallery" && (
            <>
              <ActionButton action="save" label={t("actions.save")} className="quiet icon-only">
                <Save className="icon" />
              </ActionButton>
              <WorkflowMenu />
            </>
          )}
          <div className="seg" role="group" aria-label={t("view")}>
            <ActionButton action="viewGraph" label={t("graph")} on={view === "graph"}>
              <GraphIcon className="icon sm" />
              <span className="wide-only">{t("graph")}</span>
            </ActionButton>
            <ActionButton action="viewForm" label={t("form")} on={view === "form"}>
              <Rows2 className="icon sm" />
              <span className="wide-only">{t("form")}</span>
            </ActionButton>
          </div>
          {view === "graph" && <RunControls />}
        </>
      )}
      {view === "graph" && !masking && (
        <ActionButton action="dock" label={t("dock")} className="dock-toggle" on={dock}>
          <List className="icon" />
          {!dock && <QueueCount />}
        </ActionButton>
      )}
    </header>
  );
}
