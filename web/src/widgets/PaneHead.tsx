import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

interface Props {
  /** By it the pane is labelled by its title. */
  readonly id: string;
  readonly title: string;
  readonly onClose: () => void;
}

/** The upper edge of a panel or a window: what it is, and the way out. */
export function PaneHead({ id, title, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <header className="pane-head">
      <h2 id={id} className="grow clip">
        {title}
      </h2>
      <button
        type="button"
        className="btn quiet icon-only"
        aria-label={t("close")}
        title={t("close")}
        onClick={onClose}
      >
        <X className="icon" />
      </button>
    </header>
  );
}
