/** The files that nodes can take: what is there, what it is, and which are missing. */

import { create } from "zustand";

import type { Workflow } from "../graph/document/model";
import { graphAt, scopes } from "../graph/document/graphs";
import type { Registry } from "../graph/types/nodeType";
import type { ModelEntry, ModelFolder } from "../wire/schema.gen";
import { fetchModelFolders, fetchModels, hashModel as hashOnServer } from "./api/files";
import { attempt } from "./notices";

interface Models {
  readonly folders: readonly ModelFolder[];
  /** By folder; undefined until it was asked for. */
  readonly files: ReadonlyMap<string, readonly ModelEntry[]>;
  readonly loaded: boolean;
}

export const useModels = create<Models>()(() => ({ folders: [], files: new Map(), loaded: false }));

/** Read all folders, and anew the files of those that were opened before. */
export async function loadModels(): Promise<void> {
  const folders = await attempt("loadModels", fetchModelFolders);
  if (!folders) return;
  useModels.setState({ folders, loaded: true });
  await Promise.all([...useModels.getState().files.keys()].map(loadModelFolder));
}

/** Read the files of one folder. */
export async function loadModelFolder(folder: string): Promise<void> {
  const models = await attempt("loadModels", () => fetchModels(folder));
  if (models) useModels.setState(({ files }) => ({ files: new Map(files).set(folder, models) }));
}

/** Compute a file's SHA-256, which may take a minute; the server remembers it. */
export async function hashModel(folder: string, name: string): Promise<void> {
  const model = await attempt("hashModel", () => hashOnServer(folder, name));
  if (!model) return;
  useModels.setState(({ files }) => ({
    files: new Map(files).set(
      folder,
      (files.get(folder) ?? []).map((each) => (each.name === name ? model : each)),
    ),
  }));
}

export interface WantedFile {
  readonly folder: string;
  readonly name: string;
}

/** The files of these folders that a workflow names, each once. */
export function filesIn(workflow: Workflow, registry: Registry): readonly WantedFile[] {
  const found = new Map<string, WantedFile>();
  for (const scope of scopes(workflow)) {
    for (const node of graphAt(workflow, scope).nodes.values()) {
      for (const { name: input, widget } of registry.byName.get(node.type)?.inputs ?? []) {
        const name = node.inputs.get(input);
        if (widget?.kind !== "file" || typeof name !== "string") continue;
        found.set(`${widget.folder}/${name}`, { folder: widget.folder, name });
      }
    }
  }
  return [...found.values()];
}
