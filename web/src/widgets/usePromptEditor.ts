import { useEffect, useRef, useState, type RefObject } from "react";

import type { PromptEditor, PromptGiven } from "./promptEditor";

interface Places {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly host: RefObject<HTMLDivElement | null>;
  readonly editor: RefObject<PromptEditor | null>;
  /** The editor takes the focus from the text area just now. */
  readonly taking: RefObject<boolean>;
  /** The editor stands in place of the text area. */
  readonly editing: boolean;
}

type Given = Omit<PromptGiven, "host" | "text" | "from" | "to">;

/** While the field has the focus, its own editor takes over from the text area as soon as it has been loaded. */
export function usePromptEditor(text: string, focused: boolean, given: () => Given): Places {
  const [editing, setEditing] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<PromptEditor | null>(null);
  const taking = useRef(false);
  const latest = useRef(given);
  useEffect(() => {
    latest.current = given;
  });
  useEffect(() => editor.current?.show(text), [text]);
  useEffect(() => {
    if (!focused) return;
    let wanted = true;
    const open = (openPrompt: (all: PromptGiven) => PromptEditor) => {
      const [from, place] = [area.current, host.current];
      if (!wanted || !from || !place) return;
      if (from.dataset.composing !== undefined) {
        from.addEventListener("compositionend", () => open(openPrompt), { once: true });
        return;
      }
      place.hidden = false;
      const at = { from: from.selectionStart, to: from.selectionEnd };
      taking.current = true;
      const made = openPrompt({ ...latest.current(), host: place, text: from.value, ...at });
      taking.current = false;
      editor.current = made;
      setEditing(true);
    };
    // without it, as when the server is gone, the text area does
    import("./promptEditor").then(
      ({ openPrompt }) => open(openPrompt),
      () => undefined,
    );
    return () => {
      wanted = false;
      editor.current?.destroy();
      editor.current = null;
      setEditing(false);
    };
  }, [focused]);
  return { area, host, editor, taking, editing };
}
