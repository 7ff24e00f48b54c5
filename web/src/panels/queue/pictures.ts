/** What a job has made, out of its outputs. */

import type { Job, OutputFile, OutputValue } from "../../wire/schema.gen";

/** The pictures of a job that is done, each once. */
export function picturesOf({ outputs }: Job): readonly OutputFile[] {
  const found = new Map<string, OutputFile>();
  for (const output of Object.values(outputs ?? {})) {
    for (const file of filesIn(output)) if (file.media_type.startsWith("image/")) found.set(file.sha256, file);
  }
  return [...found.values()];
}

export function filesIn(output: OutputFile[] | OutputValue): readonly OutputFile[] {
  return Array.isArray(output) ? output : [];
}
