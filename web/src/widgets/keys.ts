/** How keys are written for people: arrows and Enter as signs, and a Mac's names on a Mac. */

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Enter: "↵",
  Escape: "Esc",
  Delete: "Del",
  Backspace: "⌫",
  " ": "Space",
};

export function showKeys(chord: string, mac = MAC): string {
  const parts = chord === "+" ? ["+"] : chord.replace(/\+\+$/, "+Plus").split("+");
  return parts.map((part) => SIGNS[part] ?? (mac ? onMac(part) : part)).join(mac ? "" : "+");
}

function onMac(part: string): string {
  return { Ctrl: "⌘", Alt: "⌥", Shift: "⇧" }[part] ?? part;
}
