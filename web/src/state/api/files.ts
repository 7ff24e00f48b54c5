/** Pictures that jobs made, pictures that were uploaded, models, and who asks. */

import { ask, askJson, pathTo, withQuery, type Query } from "../../wire/http";
import type {
  ArtifactPage,
  ArtifactQuery,
  ModelEntry,
  ModelFolder,
  ModelFolderList,
  ModelList,
  NodeList,
  System,
  UploadPage,
  UserEntry,
} from "../../wire/schema.gen";

export async function fetchMe(): Promise<UserEntry> {
  return askJson("GET", pathTo("me"));
}

export async function fetchSystem(): Promise<System> {
  return askJson("GET", pathTo("system"));
}

export async function fetchNodes(): Promise<NodeList> {
  return askJson("GET", pathTo("nodes"));
}

export async function fetchArtifacts(query: ArtifactQuery, signal?: AbortSignal): Promise<ArtifactPage> {
  return askJson("GET", pathTo("artifacts"), { query: query as Query, signal });
}

export async function fetchUploads(cursor: number | null): Promise<UploadPage> {
  return askJson("GET", pathTo("uploads"), { query: { cursor } });
}

export async function deleteUpload(name: string): Promise<void> {
  await ask("DELETE", pathTo("uploads", name));
}

export async function fetchModelFolders(): Promise<readonly ModelFolder[]> {
  return (await askJson<ModelFolderList>("GET", pathTo("models"))).folders;
}

export async function fetchModels(folder: string): Promise<readonly ModelEntry[]> {
  return (await askJson<ModelList>("GET", pathTo("models", folder))).models;
}

export async function hashModel(folder: string, name: string): Promise<ModelEntry> {
  return askJson("POST", pathTo("models", folder, name, "hash"));
}

/** Where a file that a job made lies; it never changes, so browsers keep it. */
export function artifactUrl(sha256: string, download = false): string {
  return withQuery(pathTo("artifacts", sha256), { download: download ? true : null });
}

/** A small picture of it, at most so many pixels wide and high: 64, 128, 256, 512 or 1024. */
export function thumbnailUrl(sha256: string, size = 256): string {
  return withQuery(pathTo("artifacts", sha256, "thumbnail"), { size });
}

export function uploadUrl(name: string): string {
  return pathTo("uploads", name);
}
