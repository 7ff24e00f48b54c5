import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  readonly label: string;
  readonly name: string;
  /** Why a name cannot be taken, or null. */
  readonly check: (name: string) => "taken" | "forbidden" | null;
  readonly onDone: (name: string) => void;
}

/** A name that takes effect once one is done with it; what cannot be taken says why, and is forgotten. */
export function NameField({ label, name, check, onDone }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<"taken" | "forbidden" | null>(null);
  const judge = (text: string) => (text === name ? null : check(text));
  const settle = (text: string) => {
    if (text !== name && judge(text) === null) onDone(text);
    else if (field.current) field.current.value = name;
    setWrong(null);
  };
  return (
    <span className="name-field">
      <input
        ref={field}
        aria-label={label}
        aria-invalid={wrong !== null}
        defaultValue={name}
        onChange={(event) => setWrong(judge(event.currentTarget.value))}
        onBlur={(event) => settle(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.value = name;
          if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {wrong && (
        <span className="danger" role="alert">
          {t(`subgraph.${wrong}`)}
        </span>
      )}
    </span>
  );
}
