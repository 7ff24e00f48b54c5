/** Everything that can be done, once: buttons, the palette, the shortcuts page and the keyboard all read from here. */

import { create } from "zustand";

export interface Action {
  readonly id: string;
  /** Such as `Ctrl+Shift+Z`, `.` or `F8`; the first is shown beside the name. Ctrl is Command on a Mac. */
  readonly keys: readonly string[];
  readonly run: () => void;
  /** Asked whenever the action is about to be shown or run. */
  readonly enabled?: () => boolean;
  /** It works while a field has the focus, as its keys are no typing. */
  readonly inFields?: boolean;
  /** Where the palette and the shortcuts page list it; without one they leave it out. */
  readonly section?: Section;
  /** Its keys count only while the canvas, a node on it or nothing at all has the focus. */
  readonly onCanvas?: boolean;
  /** Its keys do it by themselves, such as copying: they are only shown. */
  readonly byBrowser?: boolean;
}

export const SECTIONS = ["edit", "nodes", "arrange", "view", "run", "file", "panels"] as const;
export type Section = (typeof SECTIONS)[number];

interface Actions {
  readonly actions: ReadonlyMap<string, Action>;
}

export const useActions = create<Actions>()(() => ({ actions: new Map() }));

/** Offer actions for as long as they make sense; returns how to withdraw them. */
export function offer(...offered: readonly Action[]): () => void {
  useActions.setState(({ actions }) => ({
    actions: new Map([...actions, ...offered.map((each) => [each.id, each] as const)]),
  }));
  return () => {
    useActions.setState(({ actions }) => ({
      actions: new Map([...actions].filter(([, each]) => !offered.includes(each))),
    }));
  };
}

/** Do it, if there is such an action and it can be done now. */
export function perform(id: string): boolean {
  const action = useActions.getState().actions.get(id);
  if (!action || action.enabled?.() === false) return false;
  action.run();
  return true;
}

/** The action that a key stands for, or null. A field keeps what is typed into it. */
export function actionFor(event: KeyPress, inField: boolean, onCanvas = true): Action | null {
  const pressed = chord(event);
  for (const action of useActions.getState().actions.values()) {
    if (action.byBrowser === true || !action.keys.includes(pressed)) continue;
    if (action.onCanvas === true && !onCanvas) continue;
    if (action.enabled?.() === false) continue; // one key may mean something else elsewhere
    if (!inField || action.inFields === true) return action;
  }
  return null;
}

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** A key with its modifiers as actions write them; Shift is told only where the key itself does not tell it. */
export function chord({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string {
  const letter = key.length === 1 ? key.toUpperCase() : key;
  const shifted = shiftKey && (key.length > 1 || letter !== letter.toLowerCase());
  return [ctrlKey || metaKey ? "Ctrl+" : "", altKey ? "Alt+" : "", shifted ? "Shift+" : "", letter].join("");
}
