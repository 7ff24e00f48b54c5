/** The way from a field to the document: one step of undo for one gesture, and typing in one go is one step. */

import type { InputRef, Literal, SeedRule } from "../graph/document/model";
import { setSeedRule, setValue } from "../graph/edit/values";
import { edit, endStep } from "../state/documents";
import { tryOut } from "../state/gesture";

export interface Dragging {
  readonly to: (value: Literal) => void;
  readonly cancel: () => void;
}

export interface Hand {
  /** Set it as a step of its own; undefined takes the default back. */
  readonly set: (value: Literal | undefined) => void;
  /** Set it while it is being typed. */
  readonly type: (value: Literal) => void;
  /** The typing is over. */
  readonly rest: () => void;
  /** Try values while the mouse is down; null where there is no document. */
  readonly drag: () => Dragging | null;
}

export function handAt(at: InputRef): Hand {
  const merge = `value ${at.node}/${at.input}`;
  return {
    set: (value) => edit("value", (workflow, scope) => setValue(workflow, scope, at, value)),
    type: (value) => edit("value", (workflow, scope) => setValue(workflow, scope, at, value), merge),
    rest: endStep,
    drag: () => {
      const trial = tryOut("value");
      return (
        trial && {
          to: (value) => trial.update((workflow, scope) => setValue(workflow, scope, at, value)),
          cancel: trial.cancel,
        }
      );
    },
  };
}

/** What becomes of the seed at an input after each run; `fixed` keeps it. */
export function chooseSeedRule(at: InputRef, rule: SeedRule | "fixed"): void {
  edit("seedRule", (workflow, scope) => setSeedRule(workflow, scope, at, rule === "fixed" ? null : rule));
}
