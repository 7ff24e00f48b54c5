import { useRef } from "react";
import { useTranslation } from "react-i18next";

import { fieldClass, type WidgetProps } from "./given";
import type { Dragging } from "./hand";
import { leave } from "./LineField";
import { colourValue, hexOf } from "./look";

interface Props extends WidgetProps {
  readonly as: "number" | "text";
}

/** A colour: written, or picked from the swatch. */
export function ColourField(props: Props) {
  const { label, value, hand, size, as } = props;
  const { t } = useTranslation();
  const picking = useRef<Dragging | null>(null);
  const hex = hexOf(value);
  const shown = hex ?? (typeof value === "string" && CSS.supports("color", value) ? value : null);
  const plain = {
    type: "text",
    className: "value-input mono",
    "aria-label": label,
    "aria-invalid": props.faulty || undefined,
    autoComplete: "off",
    spellCheck: false,
    onKeyDown: leave,
  };
  return (
    <div className={fieldClass(props, "colour")}>
      {size === "node" && <span>{label}</span>}
      {as === "text" ? (
        <input
          {...plain}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => hand.type(event.target.value)}
          onBlur={hand.rest}
        />
      ) : (
        <input
          key={hex}
          {...plain}
          defaultValue={hex ?? ""}
          onBlur={(event) => {
            const typed = hexOf(event.target.value.trim().replace(/^(?!#)/, "#"));
            if (typed === null) event.target.value = hex ?? "";
            else if (typed !== hex) hand.set(colourValue(typed, as));
          }}
        />
      )}
      <input
        type="color"
        className="swatch"
        aria-label={t("widget.pickColour", { name: label })}
        value={hex ?? "#000000"}
        style={{ background: shown ?? "transparent" }}
        onPointerDown={() => (picking.current = null)}
        onChange={(event) => {
          // the picker tells every colour on its way: they are one step
          picking.current ??= hand.drag();
          picking.current?.to(colourValue(event.target.value, as));
        }}
        onBlur={() => (picking.current = null)}
      />
    </div>
  );
}
