import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { JsonError, parseJson } from "../graph/json/parse";
import { writeJson } from "../graph/json/write";
import { fieldClass, type WidgetProps } from "./given";
import { leave } from "./LineField";
import { Tip } from "./Tip";

/** A value of an unknown kind, as it stands in the file. */
export function JsonField(props: WidgetProps) {
  const { label, value, hand, size } = props;
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const note = useId();
  const wrong = text === null ? null : refusal(text);
  return (
    <label className={fieldClass(props, "line")}>
      {size === "node" && <span>{label}</span>}
      <input
        ref={input}
        type="text"
        className="value-input mono"
        aria-label={label}
        aria-invalid={wrong !== null || props.faulty || undefined}
        aria-describedby={wrong === null ? undefined : note}
        autoComplete="off"
        spellCheck={false}
        value={text ?? (value === undefined ? "" : writeJson(value))}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => {
          if (text !== null && wrong === null) hand.set(text.trim() === "" ? undefined : parseJson(text));
          setText(null);
        }}
        onKeyDown={leave}
      />
      {wrong !== null && (
        <Tip anchor={input} id={note}>
          {t("widget.notJson")}
        </Tip>
      )}
    </label>
  );
}

function refusal(text: string): string | null {
  if (text.trim() === "") return null;
  try {
    parseJson(text);
    return null;
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}
