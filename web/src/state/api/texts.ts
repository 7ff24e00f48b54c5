/** Workflows as the server takes them. Writing a large one costs more than a frame, so each is written once, if at all. */

import type { Workflow } from "../../graph/document/model";
import { dump } from "../../graph/document/write";

const texts = new WeakMap<Workflow, string>();

/** JSON that says what a workflow says: as it came where nobody has changed it since, else as a file has it. */
export function jsonOf(workflow: Workflow): string {
  const known = texts.get(workflow);
  if (known !== undefined) return known;
  const made = dump(workflow);
  texts.set(workflow, made);
  return made;
}

/** Remember how a workflow came. */
export function cameAs(workflow: Workflow, text: string): void {
  texts.set(workflow, text);
}
