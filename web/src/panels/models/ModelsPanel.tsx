import { Box, ChevronRight, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../../graph/search";
import { filesIn, loadModelFolder, loadModels, useModels } from "../../state/models";
import { useRegistry } from "../../state/registry";
import { useActive } from "../../state/stage";
import type { ModelEntry, ModelFolder } from "../../wire/schema.gen";
import { Panel } from "../Panel";
import { Blocks } from "../parts/Blocks";
import { bytes } from "../parts/words";
import { Missing } from "./Missing";

/** The files that nodes can take, by folder, and those that the open workflow names in vain. */
export function ModelsPanel({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const { folders, files, loaded } = useModels();
  useEffect(() => {
    void readAll();
  }, []);
  const refresh = async () => {
    setBusy(true);
    await readAll();
    setBusy(false);
  };
  const wanted = text.trim();
  const shown = folders.filter(({ name, files: count }) => count > 0 || wanted === "" || fuzzy(wanted, name) !== null);
  return (
    <Panel title={t("models")} search={{ label: t("modelsView.find"), text, onText: setText }} onClose={onClose}>
      <div className="panel-acts">
        <button type="button" className="btn" disabled={busy} onClick={() => void refresh()}>
          <RefreshCw className="icon sm" /> {t("modelsView.refresh")}
        </button>
      </div>
      <MissingOfOpen />
      {!loaded && <Blocks shape="rows" />}
      {loaded && folders.length === 0 && <p className="muted panel-hint">{t("modelsView.none")}</p>}
      {shown.map((folder) => (
        <Folder key={folder.name} folder={folder} files={files.get(folder.name)} text={wanted} />
      ))}
    </Panel>
  );
}

async function readAll(): Promise<void> {
  await loadModels();
  await Promise.all(useModels.getState().folders.map(({ name }) => loadModelFolder(name)));
}

function MissingOfOpen() {
  const workflow = useActive()?.history.present;
  const registry = useRegistry((known) => known.registry);
  const files = useModels((models) => models.files);
  const missing = useMemo(() => {
    if (!workflow) return [];
    return filesIn(workflow, registry).filter(({ folder, name }) => {
      const there = files.get(folder);
      return there !== undefined && !there.some((each) => each.name === name);
    });
  }, [workflow, registry, files]);
  return workflow && missing.length > 0 ? <Missing missing={missing} /> : null;
}

interface FolderProps {
  readonly folder: ModelFolder;
  readonly files: readonly ModelEntry[] | undefined;
  readonly text: string;
}

function Folder({ folder, files, text }: FolderProps) {
  const { t } = useTranslation();
  // The input pictures are many and are chosen in the nodes that load them.
  const [closed, setClosed] = useState(folder.name === "input");
  const found = (files ?? []).filter((each) => text === "" || fuzzy(text, each.name) !== null);
  if (text !== "" && found.length === 0) return null;
  const open = !closed && found.length > 0;
  return (
    <section data-folder={folder.name}>
      <h3 className="section">
        <button
          type="button"
          className="fold"
          aria-expanded={open}
          title={folder.places?.join("\n")}
          onClick={() => setClosed(!closed)}
        >
          <ChevronRight className={`icon sm${open ? " down" : ""}`} />
          {folder.name}
          <span className="count">{folder.files}</span>
        </button>
      </h3>
      {files && folder.files === 0 && (
        <p className="muted panel-hint small">
          {folder.places?.[0] ? t("modelsView.emptyIn", { place: folder.places[0] }) : t("modelsView.emptyFolder")}
        </p>
      )}
      {open && (
        <ul>
          {found.map((model) => (
            <Model key={model.name} model={model} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Model({ model: { name, size, facts, problem, kind } }: { readonly model: ModelEntry }) {
  const { t } = useTranslation();
  const family = typeof facts.family === "string" ? facts.family : null;
  const parts = [family, kind === "bundle" ? t("modelsView.bundle") : null, bytes(size)].filter(
    (each) => each !== null,
  );
  return (
    <li className="panel-row model-row" data-model={name}>
      {problem ? <TriangleAlert className="icon danger" /> : <Box className="icon" />}
      <span className="grow">
        <span className="clip block" title={name}>
          {name}
        </span>
        <span className={`block small${problem ? " danger" : " clip"}`}>{problem ?? parts.join(", ")}</span>
      </span>
    </li>
  );
}
