/** Workflows that come in as files. */

import { goTo } from "../../state/place";
import { importFiles } from "../../state/saving";

/** Let people choose workflow files, or pictures that hold one. */
export function pickFiles(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ".json,.png,application/json,image/png";
  input.onchange = () => void takeIn([...(input.files ?? [])]);
  input.click();
}

export async function takeIn(files: readonly File[]): Promise<void> {
  if ((await importFiles(files)) > 0) goTo({ view: "graph", panel: null });
}
