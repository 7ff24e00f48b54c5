import { useId, useRef, useState } from "react";

import { atShare, type NumberWidget } from "../graph/values/number";
import type { WidgetProps } from "./given";
import { showValue } from "./format";
import type { Dragging } from "./hand";
import { NumberInput } from "./NumberInput";

interface Props extends WidgetProps {
  readonly widget: NumberWidget;
  readonly share: number;
  readonly now: bigint | number;
}

/** A bounded number on a page: a slider, and its value to type beside it. */
export function Slider({ label, widget, share, now, hand, faulty }: Props) {
  const [typing, setTyping] = useState<string | null>(null);
  const dragging = useRef<Dragging | null>(null);
  const id = useId();
  const steps = stepsOf(widget);
  return (
    <div className={`slide${faulty ? " faulty" : ""}`}>
      <input
        id={id}
        type="range"
        aria-label={label}
        aria-valuetext={String(now)}
        min={0}
        max={steps}
        step={1}
        value={Math.round(share * steps)}
        style={{ "--share": `${share * 100}%` } as React.CSSProperties}
        onPointerDown={() => (dragging.current = hand.drag())}
        onPointerUp={() => (dragging.current = null)}
        onChange={(event) => {
          const next = atShare(widget, Number(event.target.value) / steps, "plain");
          if (dragging.current) dragging.current.to(next);
          else hand.type(next);
        }}
        onBlur={() => {
          dragging.current = null;
          hand.rest();
        }}
      />
      {typing === null ? (
        <button
          type="button"
          className="slide-value"
          aria-label={`${label}: ${now}`}
          onClick={() => setTyping(String(now))}
        >
          {showValue(widget, now)}
        </button>
      ) : (
        <NumberInput
          label={label}
          widget={widget}
          text={typing}
          begun={false}
          onDone={(next) => {
            setTyping(null);
            if (next !== null && next !== now) hand.set(next);
          }}
          onStep={hand.type}
        />
      )}
    </div>
  );
}

function stepsOf(widget: NumberWidget): number {
  if (widget.kind === "seed") return 1;
  const [low, high] = [Number(widget.low ?? 0), Number(widget.high ?? 1)];
  return Math.max(1, Math.round((high - low) / Number(widget.step ?? (widget.kind === "int" ? 1 : 0.01))));
}
