/** What the menus hold: mostly actions of the table, by their ids. */

import type { TFunction } from "i18next";

import { useActions, type Action } from "../../state/actions";
import { COLORS } from "../actions/edit";
import type { MenuEntry, MenuItem } from "../session";

/** An action as an entry, named and keyed as everywhere; null where nobody offers it now. */
export function actionItem(t: TFunction, id: string, more: Partial<MenuEntry> = {}): MenuEntry | null {
  const action = useActions.getState().actions.get(id);
  if (!action) return null;
  return {
    id,
    label: actionLabel(t, action),
    keys: action.keys[0],
    enabled: action.enabled?.() !== false,
    run: action.run,
    ...more,
  };
}

export function actionLabel(t: TFunction, { id }: Pick<Action, "id">): string {
  return t(`actions.${id}` as "actions.undo");
}

/** Entries by their ids; `-` draws a line, and entries that are not there leave no gap. */
export function items(t: TFunction, ...parts: readonly (string | MenuEntry | null)[]): readonly MenuItem[] {
  const made: MenuItem[] = [];
  for (const part of parts) {
    const item = part === "-" ? "line" : typeof part === "string" ? actionItem(t, part) : part;
    if (item === null || (item === "line" && (made.length === 0 || made.at(-1) === "line"))) continue;
    made.push(item);
  }
  if (made.at(-1) === "line") made.pop();
  return made;
}

/** An entry that opens further ones. */
export function nested(id: string, label: string, inner: readonly MenuItem[]): MenuEntry {
  const enabled = inner.some((each) => each !== "line" && each.enabled);
  return { id, label, enabled, run: () => undefined, inner };
}

export function colorItems(t: TFunction): MenuEntry {
  const swatches = Object.entries(COLORS).map(([name, swatch]) => actionItem(t, `color.${name}`, { swatch }));
  return nested("color", t("menu.color"), items(t, "color.none", "-", ...swatches));
}

export function alignItems(t: TFunction): MenuEntry {
  const edges = ["left", "centre", "right", "top", "middle", "bottom"].map((edge) => `align.${edge}`);
  return nested(
    "align",
    t("menu.align"),
    items(t, ...edges.slice(0, 3), "-", ...edges.slice(3), "-", "distribute.x", "distribute.y"),
  );
}
