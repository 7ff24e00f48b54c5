import { FilePlus2, FolderOpen, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../../graph/search";
import { foldersOf, load, loadBin, refreshLibrary, useLibrary } from "../../state/library";
import type { WorkflowEntry } from "../../wire/schema.gen";
import { newTab } from "../bar/openTabs";
import { Panel } from "../Panel";
import { Blocks } from "../parts/Blocks";
import { BinList } from "./BinList";
import { EntryRow } from "./EntryRow";
import { pickFiles } from "./importing";
import { TemplateRow } from "./TemplateRow";
import { titleOf } from "./entries";

/** The workflows to open: one's own by folder, the templates, and what was deleted. */
export function LibraryPanel({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [bin, setBin] = useState(false);
  const { workflows, loaded, trouble } = useLibrary();
  useEffect(() => {
    void refreshLibrary();
    void loadBin();
  }, []);
  const wanted = text.trim();
  const found = wanted === "" ? workflows : ranked(workflows, wanted);
  return (
    <Panel title={t("workflows")} search={{ label: t("findWorkflow"), text, onText: setText }} onClose={onClose}>
      <div className="panel-acts">
        <button type="button" className="btn" onClick={newTab}>
          <FilePlus2 className="icon sm" /> {t("libraryView.new")}
        </button>
        <button type="button" className="btn" onClick={pickFiles}>
          <FolderOpen className="icon sm" /> {t("libraryView.openFile")}
        </button>
        <span className="grow" />
        <button
          type="button"
          className={`btn quiet icon-only${bin ? " on" : ""}`}
          aria-pressed={bin}
          aria-label={t("libraryView.bin")}
          title={t("libraryView.bin")}
          onClick={() => setBin(!bin)}
        >
          <Trash2 className="icon sm" />
        </button>
      </div>
      {!loaded && !trouble && <Blocks shape="rows" />}
      {!loaded && trouble && (
        <div className="panel-hint">
          <p className="muted">{t("libraryView.trouble")}</p>
          <button type="button" className="btn" onClick={() => void load()}>
            {t("tryAgain")}
          </button>
        </div>
      )}
      {bin ? <BinList /> : loaded && <Lists found={found} text={wanted} onClose={onClose} />}
    </Panel>
  );
}

interface ListsProps {
  readonly found: readonly WorkflowEntry[];
  readonly text: string;
  readonly onClose: () => void;
}

function Lists({ found, text, onClose }: ListsProps) {
  const { t } = useTranslation();
  const templates = found.filter((each) => each.template);
  const folders = foldersOf(found).filter(({ workflows }) => workflows.length > 0);
  if (found.length === 0) return <p className="muted panel-hint">{t("nothingFound", { text })}</p>;
  return (
    <>
      {folders.length === 0 && text === "" && <p className="muted panel-hint">{t("noWorkflows")}</p>}
      {folders.map(({ name, workflows }) => (
        <section key={name}>
          <h3 className="section">{name === "" ? t("mine") : name}</h3>
          <ul>
            {workflows.map((entry) => (
              <EntryRow key={entry.name} entry={entry} onOpened={onClose} />
            ))}
          </ul>
        </section>
      ))}
      {templates.length > 0 && (
        <section>
          <h3 className="section">{t("templates")}</h3>
          <ul>
            {templates.map((entry) => (
              <TemplateRow key={entry.name} entry={entry} onOpened={onClose} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function ranked(workflows: readonly WorkflowEntry[], text: string): readonly WorkflowEntry[] {
  return workflows.filter((each) => fuzzy(text, titleOf(each)) !== null || fuzzy(text, each.name) !== null);
}
