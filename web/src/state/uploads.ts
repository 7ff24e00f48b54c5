/** Pictures and masks that are sent to be used: on their way, and those that are there. */

import { create } from "zustand";

import { ServerError } from "../wire/http";
import { sendFile } from "../wire/upload";
import type { Upload } from "../wire/schema.gen";
import { deleteUpload as deleteOnServer, fetchUploads } from "./api/files";
import { newKey } from "./keys";
import { attempt } from "./notices";

export interface Sent {
  readonly id: string;
  readonly name: string;
  readonly sent: number;
  readonly total: number;
  /** Null while it is on its way. */
  readonly trouble: ServerError | null;
}

interface Uploads {
  readonly sending: readonly Sent[];
  readonly uploads: readonly Upload[];
  readonly next: number | null;
  readonly loaded: boolean;
}

export const useUploads = create<Uploads>()(() => ({ sending: [], uploads: [], next: null, loaded: false }));

const PICTURES = /^image\/(png|jpeg|webp|gif)$/;

export interface UploadOptions {
  readonly name?: string;
  /** Masks have a folder of their own. */
  readonly mask?: boolean;
  readonly signal?: AbortSignal;
}

/** Send a picture; its `name` is what an input takes. Throws ServerError, which stays in `sending` until dismissed. */
export async function upload(file: Blob, { name, mask = false, signal }: UploadOptions = {}): Promise<Upload> {
  const id = newKey();
  const called = name ?? (file instanceof File && file.name !== "" ? file.name : "picture.png");
  useUploads.setState(({ sending }) => ({
    sending: [...sending, { id, name: called, sent: 0, total: file.size, trouble: null }],
  }));
  const onProgress = (sent: number, total: number) => change(id, { sent, total });
  try {
    const made = await sendFile(file, {
      name: called,
      onProgress,
      ...(mask ? { folder: "masks" } : {}),
      ...(signal ? { signal } : {}),
    });
    dismissUpload(id);
    useUploads.setState(({ uploads }) => ({
      uploads: [made, ...uploads.filter((each) => each.name !== made.name)],
    }));
    return made;
  } catch (error) {
    if (error instanceof ServerError) change(id, { trouble: error });
    else dismissUpload(id);
    throw error;
  }
}

/** Send what was dropped, pasted or picked, one after the other; refusals are told and the others still go. */
export async function uploadAll(files: Iterable<File>): Promise<readonly Upload[]> {
  const made: Upload[] = [];
  for (const file of files) {
    const sent = await attempt("upload", () => upload(file));
    if (sent) made.push(sent);
  }
  return made;
}

export function dismissUpload(id: string): void {
  useUploads.setState(({ sending }) => ({ sending: sending.filter((each) => each.id !== id) }));
}

/** The pictures in what was dropped or pasted. A pasted picture has no name of its own. */
export function picturesIn(transfer: DataTransfer | null): readonly File[] {
  return [...(transfer?.files ?? [])].filter((file) => PICTURES.test(file.type));
}

/** Read the pictures that are there: the first page, or with `more` the next. */
export async function loadUploads(more = false): Promise<void> {
  const { next } = useUploads.getState();
  if (more && next === null) return;
  const page = await attempt("loadUploads", () => fetchUploads(more ? next : null));
  if (!page) return;
  useUploads.setState(({ uploads }) => ({
    uploads: more ? [...uploads, ...page.uploads] : page.uploads,
    next: page.next,
    loaded: true,
  }));
}

export async function deleteUpload(name: string): Promise<boolean> {
  const done = await attempt("deleteUpload", async () => {
    await deleteOnServer(name);
    return true;
  });
  if (done) useUploads.setState(({ uploads }) => ({ uploads: uploads.filter((each) => each.name !== name) }));
  return done ?? false;
}

function change(id: string, changes: Partial<Sent>): void {
  useUploads.setState(({ sending }) => ({
    sending: sending.map((each) => (each.id === id ? { ...each, ...changes } : each)),
  }));
}
