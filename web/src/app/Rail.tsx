import { CircleHelp, Contrast, Folder, Image, Layers2, SlidersHorizontal, Workflow as NodesIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ActionButton } from "../widgets/ActionButton";
import { change, useSettings, type Theme } from "../state/settings";
import { usePlace } from "../state/place";

const ITEMS = [
  ["workflows", Folder],
  ["nodes", NodesIcon],
  ["models", Layers2],
  ["gallery", Image],
] as const;

const NEXT: Readonly<Record<Theme, Theme>> = { system: "dark", dark: "light", light: "system" };

/** The panels, and at the bottom what is needed rarely. */
export function Rail() {
  const { t } = useTranslation();
  const { panel, view } = usePlace();
  const theme = useSettings((settings) => settings.theme);
  const label = t("theme", { theme: t(`theme_${theme}`) });
  return (
    <nav className="rail" aria-label={t("panels")}>
      {ITEMS.map(([name, Icon]) => (
        <ActionButton
          key={name}
          action={`panel.${name}`}
          label={t(name)}
          className="rail-item"
          on={name === "gallery" ? view === "gallery" : panel === name}
        >
          <Icon className="icon" />
          {t(name)}
        </ActionButton>
      ))}
      <span className="grow" />
      <button
        type="button"
        className="btn rail-item small"
        title={label}
        aria-label={label}
        onClick={() => change({ theme: NEXT[theme] })}
      >
        <Contrast className="icon" />
      </button>
      <ActionButton action="help" label={t("help")} className="rail-item small">
        <CircleHelp className="icon" />
      </ActionButton>
      <ActionButton action="settings" label={t("settings")} className="rail-item small">
        <SlidersHorizontal className="icon" />
      </ActionButton>
    </nav>
  );
}
