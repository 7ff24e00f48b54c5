import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Literal } from "../graph/document/model";
import type { Widget } from "../graph/types/nodeType";
import { movedIn, nextOf } from "../graph/values/list";
import { frameOf, pointsOf } from "../graph/values/points";
import { CurveEditor } from "./CurveEditor";
import type { Hand } from "./hand";
import { LineField } from "./LineField";
import { NumberField } from "./NumberField";

interface Props {
  readonly label: string;
  readonly of: Widget;
  readonly values: readonly Literal[];
  readonly onChange: (values: readonly Literal[], typing: boolean) => void;
  readonly onEnd: () => void;
}

/** The values of a list, one a row; numbers also as a curve. */
export function ListEditor({ label, of, values, onChange, onEnd }: Props) {
  const { t } = useTranslation();
  const [curve, setCurve] = useState(false);
  const numbers = of.kind === "float" && values.length > 0 ? values.map(Number) : null;
  return (
    <div className="list-editor">
      {numbers && (
        <div className="seg pop-tabs" role="group" aria-label={t("widget.listAs")}>
          {([false, true] as const).map((each) => (
            <button
              key={String(each)}
              type="button"
              className={each === curve ? "on" : ""}
              aria-pressed={each === curve}
              onClick={() => setCurve(each)}
            >
              {t(each ? "widget.asCurve" : "widget.asList")}
            </button>
          ))}
        </div>
      )}
      {numbers && curve ? (
        <CurveEditor
          label={label}
          points={pointsOf(numbers)}
          frame={of.kind === "float" ? frameOf(numbers, of.low, of.high) : frameOf(numbers, null, null)}
          onChange={(points) =>
            onChange(
              points.map(({ y }) => Number(y.toPrecision(4))),
              true,
            )
          }
          onEnd={onEnd}
        />
      ) : (
        <ol className="list-rows">
          {values.map((value, index) => (
            <li key={index}>
              <Row
                of={of}
                label={t("widget.item", { name: label, index: String(index + 1) })}
                value={value}
                hand={handOf(index)}
              />
              <Acts values={values} index={index} onChange={(next) => onChange(next, false)} />
            </li>
          ))}
        </ol>
      )}
      {!curve && (
        <button type="button" className="btn" onClick={() => onChange([...values, nextOf(values, of)], false)}>
          <Plus className="icon sm" />
          {t("widget.itemAdd")}
        </button>
      )}
    </div>
  );

  function handOf(index: number): Hand {
    return {
      set: (value) => value !== undefined && onChange(values.with(index, value), false),
      type: (value) => onChange(values.with(index, value), true),
      rest: onEnd,
      drag: () => ({ to: (value) => onChange(values.with(index, value), true), cancel: onEnd }),
    };
  }
}

interface RowProps {
  readonly of: Widget;
  readonly label: string;
  readonly value: Literal;
  readonly hand: Hand;
}

function Row({ of, label, value, hand }: RowProps) {
  const given = { label, value, hand, size: "node", faulty: false } as const;
  if (of.kind !== "int" && of.kind !== "float" && of.kind !== "seed") return <LineField {...given} />;
  return <NumberField {...given} widget={of} />;
}

interface ActsProps {
  readonly values: readonly Literal[];
  readonly index: number;
  readonly onChange: (values: readonly Literal[]) => void;
}

function Acts({ values, index, onChange }: ActsProps) {
  const { t } = useTranslation();
  const place = { index: String(index + 1) };
  const acts = [
    { label: t("widget.itemUp", place), icon: ArrowUp, next: movedIn(values, index, index - 1) },
    { label: t("widget.itemDown", place), icon: ArrowDown, next: movedIn(values, index, index + 1) },
    { label: t("widget.itemRemove", place), icon: X, next: values.toSpliced(index, 1) },
  ];
  return acts.map(({ label, icon: Icon, next }) => (
    <button
      key={label}
      type="button"
      className="btn quiet icon-only small"
      aria-label={label}
      title={label}
      disabled={next === values}
      onClick={() => onChange(next)}
    >
      <Icon className="icon sm" />
    </button>
  ));
}
