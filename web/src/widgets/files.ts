/** The files that an input can take, and bringing new ones in. */

import { create } from "zustand";

import { fetchArtifacts, fetchModels, fetchUploads, artifactUrl, thumbnailUrl, uploadUrl } from "../state/api/files";
import { attempt } from "../state/notices";
import { sendFile } from "../wire/upload";
import type { Artifact, ModelEntry, Upload } from "../wire/schema.gen";
import type { Option } from "./OptionList";

const PAGES = 10;
const PICTURES = [".png", ".jpg", ".jpeg", ".webp", ".gif"];

/** How far each upload is, 0 to 1, by the key of the field that it is for. */
export const useUploads = create<{ readonly going: ReadonlyMap<string, number> }>()(() => ({ going: new Map() }));

/** Does this input take pictures, which a browser can show and send? */
export function takesPictures(folder: string, suffixes: readonly string[]): boolean {
  return folder === "input" && suffixes.includes(".png");
}

/** What there is to choose from, or undefined where the server refused; it is told then. */
export async function listFiles(folder: string, suffixes: readonly string[]): Promise<readonly Option[] | undefined> {
  return attempt("listFiles", async () => {
    if (!takesPictures(folder, suffixes)) return (await fetchModels(folder)).filter(fits).map(modelOption);
    const found: Upload[] = [];
    for (let page = 0, cursor: number | null = null; page < PAGES; page++) {
      const { uploads, next }: { uploads: Upload[]; next: number | null } = await fetchUploads(cursor);
      found.push(...uploads);
      cursor = next;
      if (next === null) break;
    }
    return found.map(uploadOption);
  });

  function fits({ name, kind }: ModelEntry): boolean {
    return kind === "bundle" || suffixes.length === 0 || suffixes.some((each) => name.toLowerCase().endsWith(each));
  }
}

/** The pictures that jobs made, the newest first. */
export async function listMade(): Promise<readonly Artifact[] | undefined> {
  return attempt("listFiles", async () => {
    const { artifacts } = await fetchArtifacts({ purpose: "output", media_type: "image/*", limit: 100 });
    return artifacts;
  });
}

export function madeOption({ sha256, name, width, height }: Artifact): Option {
  return { value: sha256, label: name, detail: sizeText(width, height), thumb: thumbnailUrl(sha256, 64) };
}

/** Send a picture; its name in the input folder, or undefined where it was refused. `key` is what shows how far it is. */
export async function bringIn(file: Blob, name: string, key: string, folder?: "masks"): Promise<string | undefined> {
  const tell = (share: number | null) =>
    useUploads.setState(({ going }) => {
      const next = new Map(going);
      if (share === null) next.delete(key);
      else next.set(key, share);
      return { going: next };
    });
  tell(0);
  const sent = await attempt("upload", () =>
    sendFile(file, {
      name,
      ...(folder && { folder }),
      onProgress: (done, total) => tell(total > 0 ? done / total : 0),
    }),
  );
  tell(null);
  return sent?.name;
}

/** A picture that a job made, as a file of the input folder. */
export async function bringInMade(artifact: Artifact, key: string): Promise<string | undefined> {
  const blob = await attempt("upload", async () => (await fetch(artifactUrl(artifact.sha256))).blob());
  return blob && bringIn(blob, artifact.name, key);
}

/** The first picture among what was dropped or pasted, or null. */
export function pictureIn(files: Iterable<File>): File | null {
  for (const file of files) {
    const name = file.name.toLowerCase();
    if (file.type.startsWith("image/") || PICTURES.some((each) => name.endsWith(each))) return file;
  }
  return null;
}

function uploadOption({ name, width, height }: Upload): Option {
  return { value: name, label: name, detail: sizeText(width, height), thumb: uploadUrl(name) };
}

function modelOption({ name, size, facts, problem }: ModelEntry): Option {
  const family = typeof facts.family === "string" ? facts.family : null;
  return { value: name, label: name, detail: problem ?? [family, bytesText(size)].filter(Boolean).join(", ") };
}

function sizeText(width: number | null, height: number | null): string {
  return width === null || height === null ? "" : `${width} × ${height}`;
}

function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit] ?? ""}`;
}
