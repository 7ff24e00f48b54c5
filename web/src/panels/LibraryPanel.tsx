import { FileText, Workflow as WorkflowIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../graph/search";
import { openFromLibrary, useLibrary } from "../state/library";
import type { WorkflowEntry } from "../wire/schema.gen";
import { Panel } from "./Panel";

/** The workflows to open: one's own, then the templates. */
export function LibraryPanel({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const { workflows, loaded } = useLibrary();
  const found = workflows.filter((each) => text.trim() === "" || fuzzy(text.trim(), titleOf(each)) !== null);
  const mine = found.filter((each) => !each.template);
  const templates = found.filter((each) => each.template);
  return (
    <Panel title={t("workflows")} search={{ label: t("findWorkflow"), text, onText: setText }} onClose={onClose}>
      {!loaded && <p className="muted panel-hint">{t("loading")}</p>}
      {loaded && found.length === 0 && text.trim() !== "" && (
        <p className="muted panel-hint">{t("nothingFound", { text })}</p>
      )}
      {mine.length > 0 && <Entries title={t("mine")} entries={mine} onClose={onClose} />}
      {loaded && mine.length === 0 && text.trim() === "" && <p className="muted panel-hint">{t("noWorkflows")}</p>}
      {templates.length > 0 && <Entries title={t("templates")} entries={templates} onClose={onClose} />}
    </Panel>
  );
}

interface EntriesProps {
  readonly title: string;
  readonly entries: readonly WorkflowEntry[];
  readonly onClose: () => void;
}

function Entries({ title, entries, onClose }: EntriesProps) {
  const open = (name: string) => {
    onClose();
    void openFromLibrary(name);
  };
  return (
    <>
      <h3 className="section">{title}</h3>
      <ul>
        {entries.map((each) => (
          <li key={`${each.name} ${each.template}`}>
            <button
              type="button"
              className="panel-row"
              title={each.description ?? undefined}
              onClick={() => open(each.name)}
            >
              {each.template ? <FileText className="icon" /> : <WorkflowIcon className="icon" />}
              <span className="clip">{titleOf(each)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function titleOf({ title, name }: WorkflowEntry): string {
  return title ?? name;
}
