/**
 * Do something once no button of the mouse is down. Where the menu is asked for by pressing the right button, letting go
 * of it would count as a click beside what has just opened, and close it.
 */
export function afterPress(buttons: number, act: () => void): void {
  if (buttons === 0) act();
  else window.addEventListener("pointerup", () => setTimeout(act), { once: true, capture: true });
}
