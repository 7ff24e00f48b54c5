import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";

import { nudged, typed, type NumberWidget } from "../graph/values/number";
import { useRefusal } from "./useRefusal";
import { Tip } from "./Tip";
import { paceOf } from "./useScrub";

interface Props {
  readonly label: string;
  readonly widget: NumberWidget;
  /** What stands in it at first. */
  readonly text: string;
  /** It was begun by typing over the number, and goes on; else the number is selected. */
  readonly begun: boolean;
  /** Enter or leaving gives the number; Escape, or leaving with what is none, gives null. */
  readonly onDone: (value: bigint | number | null) => void;
  /** An arrow key has changed it. */
  readonly onStep: (value: bigint | number) => void;
}

/** A number while it is typed: sums are worked out, and what cannot be is explained. */
export function NumberInput({ label, widget, text: start, begun, onDone, onStep }: Props) {
  const words = useRefusal();
  const [text, setText] = useState(start);
  const [asked, setAsked] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  const note = useId();
  const found = typed(widget, text);
  const wrong = found.ok || text === "" ? null : found.refusal;
  const shown = wrong !== null && (asked || wrong.code === "above" || wrong.code === "not-whole") ? wrong : null;
  useEffect(() => {
    input.current?.focus({ preventScroll: true });
    if (!begun) input.current?.select();
  }, [begun]);
  return (
    <>
      <input
        ref={input}
        className="value-input"
        type="text"
        inputMode={widget.kind === "float" ? "decimal" : "numeric"}
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        aria-invalid={shown !== null}
        aria-describedby={shown ? note : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAsked(false);
        }}
        onBlur={() => finish(found.ok ? found.value : null)}
        onKeyDown={press}
      />
      {shown && (
        <Tip anchor={input} id={note}>
          {words(shown)}
        </Tip>
      )}
    </>
  );

  function finish(value: bigint | number | null) {
    if (over.current) return;
    over.current = true;
    onDone(value);
  }

  function press(event: KeyboardEvent<HTMLInputElement>) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.ctrlKey) {
      if (found.ok) finish(found.value);
      else if (text === "") finish(null);
      else setAsked(true);
    } else if (event.key === "Escape") finish(null);
    else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && found.ok) step(found.value);
    else return;
    event.preventDefault();
    event.stopPropagation();

    function step(from: bigint | number) {
      const next = nudged(widget, from, event.key === "ArrowUp" ? 1 : -1, paceOf(event));
      setText(String(next));
      onStep(next);
    }
  }
}
