import { List } from "lucide-react";
import { useRef, useState } from "react";

import type { Literal } from "../graph/document/model";
import type { Widget } from "../graph/types/nodeType";
import { listOf } from "../graph/values/list";
import { fieldClass, type WidgetProps } from "./given";
import { ListEditor } from "./ListEditor";
import { Popover } from "./Popover";

interface Props extends WidgetProps {
  readonly of: Widget;
}

/** Several values: the field shows them in a row, the list behind it changes them. */
export function ListField(props: Props) {
  const { label, value, hand, size, of } = props;
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const values = listOf(value);
  const change = (next: readonly Literal[], typing: boolean) => (typing ? hand.type(next) : hand.set(next));
  const editor = <ListEditor label={label} of={of} values={values} onChange={change} onEnd={hand.rest} />;
  if (size === "form") return editor;
  return (
    <>
      <button
        ref={button}
        type="button"
        className={fieldClass(props, "list")}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-invalid={props.faulty || undefined}
        onClick={() => setOpen((shown) => !shown)}
      >
        <span>{label}</span>
        <output>{values.map(String).join(", ")}</output>
        <List className="icon sm" />
      </button>
      {open && (
        <Popover anchor={button} label={label} width={288} onClose={() => setOpen(false)}>
          {editor}
        </Popover>
      )}
    </>
  );
}
