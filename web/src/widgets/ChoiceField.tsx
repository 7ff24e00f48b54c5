import { ChevronDown } from "lucide-react";
import { useMemo, useRef, useState, type KeyboardEvent } from "react";

import { fieldClass, type WidgetProps } from "./given";
import { OptionList } from "./OptionList";
import { Popover } from "./Popover";

interface Props extends WidgetProps {
  readonly options: readonly string[];
}

/** One of several words. A letter opens the list and begins to search it. */
export function ChoiceField(props: Props) {
  const { label, value, hand, options, size } = props;
  const [open, setOpen] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = useMemo(() => options.map((each) => ({ value: each, label: each })), [options]);
  const now = typeof value === "string" ? value : "";
  const close = () => setOpen(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={fieldClass(props, "choice", options.includes(now) || now === "" ? "" : "unknown")}
        role="combobox"
        aria-label={label}
        aria-haspopup="listbox"
        aria-expanded={open !== null}
        aria-invalid={props.faulty || undefined}
        onClick={() => setOpen((shown) => (shown === null ? "" : null))}
        onKeyDown={press}
      >
        {size === "node" && <span>{label}</span>}
        <output>{now}</output>
        <ChevronDown className="icon sm" />
      </button>
      {open !== null && (
        <Popover anchor={button} label={label} width={220} onClose={close}>
          <OptionList
            label={label}
            options={items}
            chosen={now}
            start={open}
            onPick={(next) => {
              close();
              if (next !== value) hand.set(next);
            }}
          />
        </Popover>
      )}
    </>
  );

  function press(event: KeyboardEvent) {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") setOpen("");
    else if (plain && event.key.length === 1 && event.key !== " ") setOpen(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
