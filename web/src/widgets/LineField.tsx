import type { KeyboardEvent } from "react";

import { fieldClass, type WidgetProps } from "./given";

/** One line of text. Typing in one go is one step of undo. */
export function LineField(props: WidgetProps) {
  const { label, value, hand, size } = props;
  return (
    <label className={fieldClass(props, "line")}>
      {size === "node" && <span>{label}</span>}
      <input
        type="text"
        className="value-input"
        aria-label={label}
        aria-invalid={props.faulty || undefined}
        autoComplete="off"
        spellCheck={false}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => hand.type(event.target.value)}
        onBlur={hand.rest}
        onKeyDown={leave}
      />
    </label>
  );
}

/** Enter and Escape give the keys back to the graph; all others are typing. */
export function leave(event: KeyboardEvent<HTMLElement>): void {
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
}
