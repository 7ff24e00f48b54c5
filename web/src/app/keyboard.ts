import { actionFor, perform } from "../state/actions";

const FIELDS = "input, textarea, select, [contenteditable=true]";

/** Let keys do what actions say that they do. Returns how to stop. */
export function followKeys(): () => void {
  const press = (event: KeyboardEvent) => {
    const inField = event.target instanceof Element && event.target.closest(FIELDS) !== null;
    const action = event.isComposing ? null : actionFor(event, inField);
    if (action && perform(action.id)) event.preventDefault();
  };
  window.addEventListener("keydown", press);
  return () => window.removeEventListener("keydown", press);
}
