import { ChevronDown, List, Play, Plus, Rows2, Square, Workflow as GraphIcon, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { EMPTY_WORKFLOW } from "../graph/document/model";
import { activate, closeDocument, isUnsaved, openDocument, useDocuments, type OpenDocument } from "../state/documents";
import { useSettings } from "../state/settings";
import { ActionButton } from "../widgets/ActionButton";
import { Logo } from "./Logo";

export function TopBar() {
  const { t } = useTranslation();
  const dock = useSettings((settings) => settings.dock);
  return (
    <header className="bar">
      <Logo />
      <Tabs />
      <button
        type="button"
        className="btn quiet icon-only new-tab"
        aria-label={t("newWorkflow")}
        title={t("newWorkflow")}
        onClick={() => openDocument({ name: null, workflow: EMPTY_WORKFLOW })}
      >
        <Plus className="icon" />
      </button>
      <span className="grow" />
      <div className="seg" role="group" aria-label={t("view")}>
        <ActionButton action="viewGraph" label={t("graph")} on>
          <GraphIcon className="icon sm" />
          {t("graph")}
        </ActionButton>
        <ActionButton action="viewForm" label={t("form")}>
          <Rows2 className="icon sm" />
          {t("form")}
        </ActionButton>
      </div>
      <ActionButton action="stop" label={t("stop")} className="icon-only stop">
        <Square className="icon sm filled" />
      </ActionButton>
      <div className="split">
        <ActionButton action="run" label={t("run")} className="primary">
          <Play className="icon sm filled" />
          {t("run")} <kbd>Ctrl ↵</kbd>
        </ActionButton>
        <ActionButton action="runMore" label={t("moreRuns")} className="primary">
          <ChevronDown className="icon sm" />
        </ActionButton>
      </div>
      <ActionButton action="dock" label={t("dock")} className="icon-only" on={dock}>
        <List className="icon" />
      </ActionButton>
    </header>
  );
}

function Tabs() {
  const { t } = useTranslation();
  const { open, active } = useDocuments();
  return (
    <nav className="tabs" aria-label={t("openWorkflows")}>
      {open.map((each) => (
        <Tab key={each.id} document={each} on={each.id === active} />
      ))}
    </nav>
  );
}

function Tab({ document, on }: { readonly document: OpenDocument; readonly on: boolean }) {
  const { t } = useTranslation();
  const name = document.history.present.name ?? document.name ?? t("untitled");
  return (
    <div className={`tab${on ? " on" : ""}`}>
      <button
        type="button"
        className="clip"
        aria-current={on ? "page" : undefined}
        onClick={() => activate(document.id)}
      >
        {name}
      </button>
      {isUnsaved(document) && <i className="dot" title={t("notSaved")} />}
      <button
        type="button"
        className="tab-close"
        aria-label={t("closeTab", { name })}
        onClick={() => closeDocument(document.id)}
      >
        <X className="icon sm" />
      </button>
    </div>
  );
}
