/** The clipboard of the system: what lies on it is a workflow file, so it can be pasted into any tab, or into a text. */

import { copy, fromClipboard, NOTHING_SELECTED, paste, toClipboard } from "../../graph/edit/clipboard";
import type { Workflow } from "../../graph/document/model";
import { cover } from "../../graph/edit/place";
import { isEmpty, removeSelection, withContents } from "../../graph/edit/selection";
import { GRID } from "../../graph/geometry";
import { edit, scopeOf, select } from "../../state/documents";
import { editAndSelect } from "../../state/gesture";
import { middle } from "../camera";
import { lastSpot } from "../gestures/lastSpot";
import { boxes, document as opened, graph, selection } from "../here";
import { setSession } from "../session";

const FIELDS = "input, textarea, select, [contenteditable=true]";

/** What was copied last here, for where the browser does not let a page read the clipboard. */
let kept: string | null = null;
let withLinks = false;
let pastes = 0;

/** Answer the browser's own copy, cut and paste while no field has the focus. Returns how to stop. */
export function followClipboard(): () => void {
  const onCopy = (event: ClipboardEvent) => take(event, false);
  const onCut = (event: ClipboardEvent) => take(event, true);
  const onPaste = (event: ClipboardEvent) => {
    if (inField() || document.querySelector("dialog[open]")) return;
    const clip = fromClipboard(event.clipboardData?.getData("text/plain") ?? "");
    if (!clip) return;
    event.preventDefault();
    put(clip, withLinks);
  };
  const onKey = ({ key, shiftKey }: KeyboardEvent) => {
    if (key.toLowerCase() === "v") withLinks = shiftKey;
  };
  document.addEventListener("copy", onCopy);
  document.addEventListener("cut", onCut);
  document.addEventListener("paste", onPaste);
  window.addEventListener("keydown", onKey, true);
  return () => {
    document.removeEventListener("copy", onCopy);
    document.removeEventListener("cut", onCut);
    document.removeEventListener("paste", onPaste);
    window.removeEventListener("keydown", onKey, true);
  };
}

export function copyNow(): void {
  byMenu("copy");
}

export function cutNow(): void {
  byMenu("cut");
}

/** Let the browser copy as if its own keys had been pressed: the newer interface is missing where a page is not served over TLS. */
function byMenu(command: "copy" | "cut"): void {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else writes to the clipboard without TLS
  document.execCommand(command);
}

/** Paste from a menu: the browser may ask the person first, or refuse; what was copied in this tab is there anyway. */
export async function pasteNow(linked: boolean): Promise<void> {
  const clip = fromClipboard(await clipboardText()) ?? (kept === null ? null : fromClipboard(kept));
  if (clip) put(clip, linked);
}

async function clipboardText(): Promise<string> {
  try {
    return (await (navigator.clipboard as Clipboard | undefined)?.readText()) ?? "";
  } catch (error) {
    if (error instanceof DOMException) return ""; // the person said no
    throw error;
  }
}

function take(event: ClipboardEvent, removes: boolean): void {
  const text = inField() || (window.getSelection()?.toString() ?? "") !== "" ? null : clipOf();
  if (text === null) return;
  event.preventDefault();
  event.clipboardData?.setData("text/plain", text);
  kept = text;
  pastes = 0;
  if (!removes) return;
  const chosen = selection();
  edit("cut", (workflow, scope) => removeSelection(workflow, scope, chosen));
  select(NOTHING_SELECTED);
}

function clipOf(): string | null {
  const open = opened();
  if (!open || isEmpty(selection())) return null;
  const chosen = withContents(graph(), boxes(), selection());
  return toClipboard(copy(open.history.present, scopeOf(open), chosen));
}

function put(clip: Workflow, linked: boolean): void {
  const from = cover([...clip.view.values(), ...clip.groups.values(), ...clip.notes.values()].map(sized));
  const spot = document.querySelector("[data-canvas]:hover") ? lastSpot() : null;
  const shift = spot ? 0 : GRID * pastes++;
  const to = spot?.at ?? { x: middle().x - from.width / 2 - 110, y: middle().y - from.height / 2 - 80 };
  const by = { x: Math.round(to.x - from.x) + shift, y: Math.round(to.y - from.y) + shift };
  editAndSelect("paste", (workflow, scope) => paste(workflow, scope, clip, by, linked));
  setSession({ link: null });
}

function sized(place: { x: number; y: number; width: number | null; height: number | null }) {
  return { x: place.x, y: place.y, width: place.width ?? 0, height: place.height ?? 0 };
}

function inField(): boolean {
  return (document.activeElement?.closest(FIELDS) ?? null) !== null;
}
