import { TriangleAlert, Workflow as WorkflowIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { deleteFromLibrary, duplicateInLibrary, moveToFolder, renameInLibrary, useLibrary } from "../../state/library";
import type { WorkflowEntry } from "../../wire/schema.gen";
import { AskName } from "../parts/Ask";
import { Menu } from "../parts/Menu";
import { dayName } from "../parts/words";
import { nameTrouble, openEntry, titleOf } from "./entries";
import { Revisions } from "./Revisions";

interface Props {
  readonly entry: WorkflowEntry;
  readonly onOpened: () => void;
}

type Asking = "rename" | "move" | "duplicate" | "revisions" | null;

/** One of one's own workflows, and what can be done with it. */
export function EntryRow({ entry, onOpened }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Asking>(null);
  const { name } = entry;
  const title = titleOf(entry);
  const open = () => {
    onOpened();
    openEntry(entry);
  };
  return (
    <li className="panel-entry" data-workflow={name}>
      <button
        type="button"
        className="panel-row"
        title={entry.description ?? name}
        aria-label={t("libraryView.open", { name: title })}
        onClick={open}
      >
        {entry.problems.length > 0 ? <TriangleAlert className="icon danger" /> : <WorkflowIcon className="icon" />}
        <span className="clip grow">{title}</span>
        <span className="what">{dayName(entry.modified)}</span>
      </button>
      <Menu
        label={t("libraryView.actsOf", { name: title })}
        items={[
          { label: t("libraryView.openTab"), onPick: open },
          "line",
          { label: t("libraryView.rename"), onPick: () => setAsking("rename") },
          { label: t("libraryView.move"), onPick: () => setAsking("move") },
          { label: t("libraryView.duplicate"), onPick: () => setAsking("duplicate") },
          { label: t("libraryView.revisions"), onPick: () => setAsking("revisions") },
          "line",
          { label: t("libraryView.delete"), onPick: () => void deleteFromLibrary(name) },
        ]}
      />
      <Question asking={asking} entry={entry} onClose={() => setAsking(null)} />
    </li>
  );
}

interface QuestionProps {
  readonly asking: Asking;
  readonly entry: WorkflowEntry;
  readonly onClose: () => void;
}

function Question({ asking, entry: { name, folder }, onClose }: QuestionProps) {
  const { t } = useTranslation();
  const taken = useLibrary(({ workflows }) => workflows).flatMap((each) => (each.template ? [] : [each.name]));
  const refuse = (wanted: string) => {
    const trouble = wanted === name ? null : nameTrouble(wanted, taken);
    return trouble && t(trouble);
  };
  const shared = { label: t("libraryView.name"), hint: t("libraryView.nameHint"), refuse, onClose };
  switch (asking) {
    case null:
      return null;
    case "revisions":
      return <Revisions name={name} onClose={onClose} />;
    case "rename":
      return (
        <AskName
          {...shared}
          title={t("libraryView.rename")}
          value={name}
          verb={t("libraryView.rename")}
          onName={(to) => void renameInLibrary(name, to)}
        />
      );
    case "duplicate":
      return (
        <AskName
          {...shared}
          title={t("libraryView.duplicate")}
          value={t("libraryView.copyOf", { name })}
          verb={t("libraryView.duplicate")}
          onName={(to) => void duplicateInLibrary(name, to)}
        />
      );
    case "move":
      return (
        <AskName
          title={t("libraryView.move")}
          label={t("libraryView.folder")}
          hint={t("libraryView.folderHint")}
          value={folder === "" ? "/" : folder}
          verb={t("libraryView.moveVerb")}
          onName={(to) => void moveToFolder(name, to.replace(/^\/+|\/+$/g, ""))}
          onClose={onClose}
        />
      );
  }
}
