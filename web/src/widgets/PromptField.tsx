import { useRef, useState, type CSSProperties, type KeyboardEvent } from "react";

import { weighed } from "../graph/values/prompt";
import { perform } from "../state/actions";
import { embeddingNames } from "./embeddings";
import { fieldClass, type WidgetProps } from "./given";
import { Highlighted } from "./Highlighted";
import { usePromptEditor } from "./usePromptEditor";

interface Props extends WidgetProps {
  /** The folder of the embeddings that it may name; null where it is no prompt. */
  readonly folder: string | null;
  readonly height: number;
}

/** Text of several lines. It is a plain text area until the prompt's own editor has been loaded, on the first focus. */
export function PromptField(props: Props) {
  const { label, value, hand, folder, height, size } = props;
  const text = typeof value === "string" ? value : "";
  const [focused, setFocused] = useState(false);
  const layer = useRef<HTMLDivElement>(null);
  const { area, host, taking, editing } = usePromptEditor(text, focused, () => ({
    label,
    prompt: folder !== null,
    names: () => embeddingNames(folder),
    onText: hand.type,
    onKey: perform,
    onBlur: leave,
  }));
  return (
    <div
      className={fieldClass(props, "text", "prompt", focused ? "focused nowheel" : "")}
      style={size === "node" ? { height } : ({ "--h": "96px" } as CSSProperties)}
    >
      <div ref={layer} className="prompt-layer" aria-hidden>
        {text === "" ? <span className="hint">{label}</span> : <Highlighted text={text} prompt={folder !== null} />}
      </div>
      <textarea
        ref={area}
        aria-label={label}
        aria-invalid={props.faulty || undefined}
        value={text}
        hidden={editing}
        onChange={(event) => hand.type(event.target.value)}
        onFocus={() => setFocused(true)}
        onBlur={() => !taking.current && leave()}
        onScroll={(event) => layer.current && (layer.current.scrollTop = event.currentTarget.scrollTop)}
        onKeyDown={press}
        onCompositionStart={({ currentTarget }) => (currentTarget.dataset.composing = "")}
        onCompositionEnd={({ currentTarget }) => delete currentTarget.dataset.composing}
      />
      <div ref={host} className="prompt-host" hidden={!editing} />
    </div>
  );

  function leave() {
    setFocused(false);
    hand.rest();
  }

  function press(event: KeyboardEvent<HTMLTextAreaElement>) {
    const target = event.currentTarget;
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") target.blur();
    const steps = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (steps === 0 || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const next = weighed({ text, from: target.selectionStart, to: target.selectionEnd }, steps);
    hand.type(next.text);
    requestAnimationFrame(() => target.setSelectionRange(next.from, next.to));
  }
}
