import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { addPoint, movePoint, removePoint, type CurveFrame, type CurvePoint } from "../graph/values/points";

interface Props {
  readonly label: string;
  readonly points: readonly CurvePoint[];
  readonly frame: CurveFrame;
  /** `end` is told when the hand lets go. */
  readonly onChange: (points: readonly CurvePoint[]) => void;
  readonly onEnd: () => void;
}

const WIDTH = 256;
const HEIGHT = 128;
const INSET = 10;

/** Points to drag. Where they are free, a press on the line adds one and Delete takes it away. */
export function CurveEditor({ label, points, frame, onChange, onEnd }: Props) {
  const { t } = useTranslation();
  const dragged = useRef<number | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const place = ({ x, y }: CurvePoint) => [
    INSET + x * (WIDTH - 2 * INSET),
    INSET + (1 - (y - frame.low) / Math.max(1e-9, frame.high - frame.low)) * (HEIGHT - 2 * INSET),
  ];
  return (
    <svg
      ref={svg}
      className="curve nodrag nopan"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label={label}
      onPointerDown={press}
      onPointerMove={(event) => {
        if (dragged.current !== null) onChange(movePoint(points, dragged.current, under(event), frame));
      }}
      onPointerUp={() => {
        dragged.current = null;
        onEnd();
      }}
    >
      <polyline points={points.map((point) => place(point).join()).join(" ")} />
      {points.map((point, index) => {
        const [cx, cy] = place(point);
        return (
          <circle
            key={index}
            cx={cx}
            cy={cy}
            r={5}
            role="slider"
            tabIndex={0}
            aria-label={t("widget.point", { index: String(index + 1) })}
            aria-orientation="vertical"
            aria-valuenow={point.y}
            aria-valuemin={frame.low}
            aria-valuemax={frame.high}
            onPointerDown={(event) => {
              event.stopPropagation();
              svg.current?.setPointerCapture(event.pointerId);
              event.currentTarget.focus();
              dragged.current = index;
            }}
            onKeyDown={(event) => key(event, index)}
            onBlur={onEnd}
          />
        );
      })}
    </svg>
  );

  function under(event: PointerEvent): CurvePoint {
    const box = svg.current?.getBoundingClientRect();
    if (!box || box.width === 0) return { x: 0, y: 0 };
    const x = (((event.clientX - box.left) / box.width) * WIDTH - INSET) / (WIDTH - 2 * INSET);
    const share = 1 - (((event.clientY - box.top) / box.height) * HEIGHT - INSET) / (HEIGHT - 2 * INSET);
    return { x: Math.min(1, Math.max(0, x)), y: frame.low + share * (frame.high - frame.low) };
  }

  function press(event: PointerEvent) {
    if (frame.columns) return;
    const added = addPoint(points, under(event));
    svg.current?.setPointerCapture(event.pointerId);
    dragged.current = added.index;
    onChange(added.points);
  }

  function key(event: KeyboardEvent, index: number) {
    const step = ((frame.high - frame.low) / 100) * (event.shiftKey ? 10 : 1);
    const point = points[index];
    if (!point) return;
    const dx = event.key === "ArrowRight" ? 0.01 : event.key === "ArrowLeft" ? -0.01 : 0;
    const dy = event.key === "ArrowUp" ? step : event.key === "ArrowDown" ? -step : 0;
    if (dx !== 0 || dy !== 0) onChange(movePoint(points, index, { x: point.x + dx, y: point.y + dy }, frame));
    else if ((event.key === "Delete" || event.key === "Backspace") && !frame.columns)
      onChange(removePoint(points, index));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
