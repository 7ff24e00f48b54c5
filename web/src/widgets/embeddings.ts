import { fetchModels } from "../state/api/files";
import { ServerError } from "../wire/http";

const FRESH = 10_000;
const known = new Map<string, { readonly at: number; readonly names: Promise<readonly string[]> }>();

/** The names that a prompt may mention, without their endings; asked anew when they are older than ten seconds. */
export function embeddingNames(folder: string | null): Promise<readonly string[]> {
  if (folder === null) return Promise.resolve([]);
  const last = known.get(folder);
  if (last && Date.now() - last.at < FRESH) return last.names;
  const names = ask(folder);
  known.set(folder, { at: Date.now(), names });
  return names;
}

/** Nothing is offered where the server does not answer: that it does not is shown elsewhere. */
async function ask(folder: string): Promise<readonly string[]> {
  try {
    return (await fetchModels(folder)).map(({ name }) => name.replace(/\.safetensors$/, ""));
  } catch (error) {
    if (error instanceof ServerError) return [];
    throw error;
  }
}
