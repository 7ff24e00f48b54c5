import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useTranslation } from "react-i18next";

interface Props {
  readonly name: string;
  /** Where it stands among so many. */
  readonly index: number;
  readonly count: number;
  readonly onMove: (by: 1 | -1) => void;
  /** What taking it away means here. */
  readonly removal: string;
  readonly onRemove: () => void;
}

/** Up, down and away, for one of a list. */
export function OrderButtons({ name, index, count, onMove, removal, onRemove }: Props) {
  const { t } = useTranslation();
  const acts = [
    { label: t("subgraph.up", { name }), Icon: ChevronUp, disabled: index === 0, act: () => onMove(-1) },
    { label: t("subgraph.down", { name }), Icon: ChevronDown, disabled: index === count - 1, act: () => onMove(1) },
    { label: removal, Icon: X, disabled: false, act: onRemove },
  ];
  return (
    <span className="row-acts">
      {acts.map(({ label, Icon, disabled, act }) => (
        <button
          key={label}
          type="button"
          className="btn quiet icon-only"
          aria-label={label}
          title={label}
          disabled={disabled}
          onClick={act}
        >
          <Icon className="icon sm" />
        </button>
      ))}
    </span>
  );
}
