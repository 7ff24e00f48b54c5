import { useEffect, useRef, type KeyboardEvent } from "react";

import { session, setSession } from "../session";

interface Props {
  readonly label: string;
  readonly text: string;
  readonly multiline?: boolean;
  readonly onDone: (text: string) => void;
}

/** What these keys do with Ctrl is done to the text. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...["a", "c", "v", "x", "y", "z", "control", "meta", "shift", "alt"],
  ...["backspace", "delete", "home", "end", "arrowleft", "arrowright", "arrowup", "arrowdown"],
]);

/** A title or note while it is being written: Enter or leaving it keeps the text, Escape does not. */
export function EditText({ label, text, multiline = false, onDone }: Props) {
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const settled = useRef(false);
  useEffect(() => {
    settled.current = false;
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, []);
  const settle = (keep: boolean) => {
    if (settled.current) return;
    settled.current = true;
    const wanted = field.current?.value ?? text;
    const { editing } = session();
    setSession({
      editing: null,
      ...(editing?.kind === "title" ? { focus: { node: editing.name, port: null } } : {}),
    });
    if (keep && wanted !== text) onDone(wanted);
  };
  const press = (event: KeyboardEvent) => {
    const held = event.ctrlKey || event.metaKey;
    const done = event.key === "Enter" && held === multiline;
    if (held && !done && !TEXT_KEYS.has(event.key.toLowerCase())) {
      settle(true); // what the keys do, such as saving, is done with the text that is written so far
      return;
    }
    event.stopPropagation();
    if (done || event.key === "Escape") {
      event.preventDefault();
      settle(done);
    }
  };
  const common = { ref: field, "aria-label": label, defaultValue: text, onKeyDown: press, onBlur: () => settle(true) };
  return multiline ? (
    <textarea className="edit-text nowheel" {...common} />
  ) : (
    <input className="edit-text" {...common} />
  );
}
