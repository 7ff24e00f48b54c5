import { memo, useMemo, useRef, useState, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";

import type { InputRef, Literal, SeedRule } from "../graph/document/model";
import type { InputType } from "../graph/types/nodeType";
import { portLabel } from "../graph/types/signature";
import { afterPress } from "./afterPress";
import { ChoiceField } from "./ChoiceField";
import { ColourField } from "./ColourField";
import type { WidgetProps } from "./given";
import { FieldMenu } from "./FieldMenu";
import { FileField } from "./FileField";
import { handAt } from "./hand";
import { JsonField } from "./JsonField";
import { LineField } from "./LineField";
import { ListField } from "./ListField";
import { lookOf, type Look } from "./look";
import { NumberField } from "./NumberField";
import { PromptField } from "./PromptField";
import { SeedMark } from "./SeedMark";
import { socketClass } from "./socket";
import { ToggleField } from "./ToggleField";

interface Props {
  readonly node: string;
  readonly input: InputType;
  readonly value: Literal | undefined;
  /** The title of the node that feeds it, or null. */
  readonly source: string | null;
  readonly height: number;
  readonly seedRule: SeedRule | null;
  readonly faulty: boolean;
  readonly size?: "node" | "form";
  /** Its name where another is shown, as on the form. */
  readonly label?: string;
}

/** One input of a node, to be edited; it draws itself anew only when its own value changes. */
export const Field = memo(function Field(props: Props) {
  const { node, input, source, size = "node" } = props;
  const { t } = useTranslation();
  const at = useMemo((): InputRef => ({ node, input: input.name }), [node, input.name]);
  const place = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState(false);
  const label = props.label ?? portLabel(input.name);
  const look = lookOf(input);
  if (source !== null)
    return (
      <div className={`field fed port-field linked ${socketClass(input.type)}${size === "form" ? " large" : ""}`}>
        {size === "node" && <span>{label}</span>}
        <output>{t("fedBy", { name: source })}</output>
      </div>
    );
  if (look === null) return null;
  return (
    <div ref={place} className="field-body" onContextMenu={size === "node" ? context : undefined}>
      <Widget {...props} at={at} look={look} label={label} size={size} />
      {menu && <FieldMenu anchor={place} at={at} input={input} value={props.value} onClose={() => setMenu(false)} />}
    </div>
  );

  /** Where text is edited the browser's own menu is worth more. */
  function context(event: MouseEvent) {
    if ((event.target as Element).closest("textarea, .prompt-host, input:focus")) {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    afterPress(event.buttons, () => setMenu(true));
  }
});

interface WidgetGiven extends Props {
  readonly at: InputRef;
  readonly look: Look;
  readonly label: string;
  readonly size: "node" | "form";
}

function Widget({ at, look, label, value, size, faulty, height, seedRule }: WidgetGiven) {
  const hand = useMemo(() => handAt(at), [at]);
  const given: WidgetProps = { label, value, hand, size, faulty };
  switch (look.kind) {
    case "number":
      return (
        <NumberField
          {...given}
          widget={look.widget}
          mark={
            look.widget.kind === "seed" && (
              <SeedMark at={at} rule={seedRule} value={typeof value === "bigint" ? value : null} hand={hand} />
            )
          }
        />
      );
    case "toggle":
      return <ToggleField {...given} />;
    case "choice":
      return <ChoiceField {...given} options={look.options} />;
    case "line":
      return <LineField {...given} />;
    case "prompt":
      return <PromptField {...given} folder={look.folder} height={height} />;
    case "colour":
      return <ColourField {...given} as={look.as} />;
    case "file":
      return <FileField {...given} at={at} folder={look.folder} suffixes={look.suffixes} />;
    case "list":
      return <ListField {...given} of={look.of} />;
    case "json":
      return <JsonField {...given} />;
  }
}
