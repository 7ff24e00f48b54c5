import { actionFor, perform, type Action } from "../state/actions";
import { usePlace } from "../state/place";

/** Where text is typed, and undo is that of the text. */
const FIELDS = "input:not([type=color], [type=range], [type=checkbox]), textarea, select, [contenteditable=true]";

/** Let keys do what actions say that they do. Returns how to stop. */
export function followKeys(): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.composedPath()[0] ?? null; // a prompt's editor lives in a shadow root
    const action = actionFor(event, inField(target), onCanvas(target));
    if (action && isMeant(action) && perform(action.id)) event.preventDefault();
  };
  window.addEventListener("keydown", press);
  return () => window.removeEventListener("keydown", press);
}

/** In front of the form and the gallery, the keys of the canvas mean nothing. */
function isMeant({ id, section, inFields }: Action): boolean {
  if (usePlace.getState().view === "graph" || inFields === true) return true;
  return (
    section === "run" || section === "file" || section === "panels" || id === "undo" || id === "redo" || id === "help"
  );
}

function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(FIELDS) !== null;
}

/** The canvas itself, a node on it, or nothing in particular: controls within a node keep their keys. */
function onCanvas(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof Element && target.matches("[data-canvas], [data-node]"));
}
