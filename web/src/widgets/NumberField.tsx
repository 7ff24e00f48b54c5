import { useId, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { endsOf, keyMeans } from "../graph/values/keys";
import { clamped, nudged, type NumberWidget } from "../graph/values/number";
import { fieldClass, type WidgetProps } from "./given";
import { fraction, showValue } from "./format";
import { NumberInput } from "./NumberInput";
import { Slider } from "./Slider";
import { paceOf, useScrub } from "./useScrub";
import { useWheel } from "./useWheel";

interface Props extends WidgetProps {
  readonly widget: NumberWidget;
  /** What stands behind the number, such as the rule of a seed. */
  readonly mark?: ReactNode;
}

/** A number: drag, type, turn the wheel or use the arrows. Shift is coarse, Alt is fine. */
export function NumberField(props: Props) {
  const { value, widget, size } = props;
  const now = typeof value === "number" || typeof value === "bigint" ? value : clamped(widget, 0);
  const share = fraction(widget, value);
  return size === "form" && share !== null ? (
    <Slider {...props} share={share} now={now} />
  ) : (
    <NumberBox {...props} share={share} now={now} />
  );
}

interface BoxProps extends Props {
  readonly share: number | null;
  readonly now: bigint | number;
}

function NumberBox(props: BoxProps) {
  const { label, value, hand, widget, size, mark, share, now } = props;
  const { t } = useTranslation();
  const [typing, setTyping] = useState<{ readonly text: string; readonly begun: boolean } | null>(null);
  const [focused, setFocused] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const hint = useId();
  const scrub = useScrub(widget, now, share, hand, () => setTyping({ text: String(now), begun: false }));
  useWheel(box, focused && typing === null, (direction, event) => {
    hand.type(nudged(widget, now, direction, paceOf(event)));
  });
  return (
    <div
      ref={box}
      className={fieldClass(props, share === null ? "" : "slider", "number", focused ? "focused nowheel" : "")}
      tabIndex={-1}
      {...(typing === null && spinning(props, hint))}
      onFocus={() => setFocused(true)}
      onBlur={leave}
      onKeyDown={typing === null ? press : undefined}
      {...scrub}
    >
      {share !== null && <i className="fill" style={{ width: `${share * 100}%` }} />}
      {size === "node" && <span aria-hidden>{label}</span>}
      {typing === null ? (
        <output aria-hidden>{showValue(widget, value)}</output>
      ) : (
        <NumberInput label={label} widget={widget} {...typing} onDone={done} onStep={hand.type} />
      )}
      {mark}
      <span id={hint} hidden>
        {t("widget.numberHint")}
      </span>
    </div>
  );

  function done(next: bigint | number | null) {
    // at once: a Tab that follows goes on from here
    if (box.current?.contains(document.activeElement)) box.current.focus({ preventScroll: true });
    setTyping(null);
    if (next !== null && next !== value) hand.set(next);
  }

  function leave(event: FocusEvent) {
    if (event.currentTarget.contains(event.relatedTarget)) return;
    setFocused(false);
    hand.rest();
  }

  function press(event: KeyboardEvent) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
    const means = keyMeans(widget, now, event.key, paceOf(event), share !== null);
    if (!means) return;
    event.preventDefault();
    event.stopPropagation();
    if (means.kind === "value") hand.type(means.value);
    else setTyping({ text: means.text ?? String(now), begun: means.text !== null });
  }
}

/** What says to those who do not see it that this is a number, and which. */
function spinning({ label, widget, now, faulty }: BoxProps, hint: string) {
  const [low, high] = endsOf(widget);
  return {
    role: "spinbutton",
    tabIndex: 0,
    "aria-label": label,
    "aria-valuenow": Number(now),
    "aria-valuetext": String(now),
    "aria-describedby": hint,
    ...(low !== null && { "aria-valuemin": Number(low) }),
    ...(high !== null && { "aria-valuemax": Number(high) }),
    ...(faulty && { "aria-invalid": true }),
  };
}
