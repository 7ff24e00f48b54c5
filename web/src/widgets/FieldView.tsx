import { ChevronDown, Dices, FileImage, Lock, Plus } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import type { Literal, SeedRule } from "../graph/document/model";
import type { InputType, Widget } from "../graph/types/nodeType";
import { portLabel } from "../graph/types/signature";
import { fraction, showValue } from "./format";
import { socketClass } from "./socket";

interface Props {
  readonly input: InputType;
  readonly value: Literal | undefined;
  /** The node that feeds it, or null. */
  readonly source: string | null;
  readonly height: number;
  readonly seedRule: SeedRule | null;
  readonly faulty: boolean;
}

/** One field of a node, at rest. */
export const FieldView = memo(function FieldView({ input, value, source, height, seedRule, faulty }: Props) {
  const { t } = useTranslation();
  const { widget } = input;
  const name = portLabel(input.name);
  if (source !== null) {
    return (
      <div className={`field fed port-field linked ${socketClass(input.type)}`}>
        <span>{name}</span>
        <output>{t("fedBy", { name: source })}</output>
      </div>
    );
  }
  if (widget === null) return null;
  if (widget.kind === "text" && widget.multiline) {
    const text = showValue(widget, value);
    return (
      <div className="field text" style={{ height }}>
        {text === "" ? <span className="hint">{name}</span> : text}
      </div>
    );
  }
  const share = fraction(widget, value);
  return (
    <div className={`field${share === null ? "" : " slider"}${faulty ? " faulty" : ""}`}>
      {share !== null && <i className="fill" style={{ width: `${share * 100}%` }} />}
      <span>{name}</span>
      {widget.kind === "switch" ? (
        <i
          className={`toggle${value === true ? " on" : ""}`}
          role="img"
          aria-label={t(value === true ? "on" : "off")}
        />
      ) : (
        <output>{showValue(widget, value)}</output>
      )}
      <Mark widget={widget} seedRule={seedRule} />
    </div>
  );
});

function Mark({ widget, seedRule }: { readonly widget: Widget; readonly seedRule: SeedRule | null }) {
  const { t } = useTranslation();
  switch (widget.kind) {
    case "choice":
      return <ChevronDown className="icon sm" />;
    case "file":
      return widget.folder === "input" ? <FileImage className="icon sm" /> : <ChevronDown className="icon sm" />;
    case "seed": {
      const Icon = seedRule === "random" ? Dices : seedRule === "increment" ? Plus : Lock;
      return (
        <span title={t(`seed_${seedRule ?? "fixed"}`)} className="mark">
          <Icon className="icon sm" />
        </span>
      );
    }
    default:
      return null;
  }
}
