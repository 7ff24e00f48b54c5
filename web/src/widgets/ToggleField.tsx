import { fieldClass, type WidgetProps } from "./given";

/** Yes or no. */
export function ToggleField(props: WidgetProps) {
  const { label, value, hand, size } = props;
  const on = value === true;
  return (
    <button
      type="button"
      role="switch"
      aria-label={label}
      aria-checked={on}
      aria-invalid={props.faulty || undefined}
      className={fieldClass(props, "yes-no")}
      onClick={() => hand.set(!on)}
    >
      {size === "node" && <span>{label}</span>}
      <i className={`toggle${on ? " on" : ""}`} />
    </button>
  );
}
