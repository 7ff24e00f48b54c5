import { useStore } from "@xyflow/react";
import { Map as MapIcon, Maximize, Minus, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useSettings } from "../../state/settings";
import { ActionButton } from "../../widgets/ActionButton";

/** How near one is, and how to come nearer. */
export function ZoomBar() {
  const { t } = useTranslation();
  const zoom = useStore(({ transform }) => Math.round(transform[2] * 100));
  const map = useSettings((settings) => settings.map);
  return (
    <div className="float zoom" role="toolbar" aria-label={t("zoom")}>
      <ActionButton action="zoomOut" label={t("zoomOut")} className="icon-only">
        <Minus className="icon" />
      </ActionButton>
      <ActionButton action="zoomReset" label={t("zoomReset")} className="percent">
        {zoom}%
      </ActionButton>
      <ActionButton action="zoomIn" label={t("zoomIn")} className="icon-only">
        <Plus className="icon" />
      </ActionButton>
      <span className="sep" />
      <ActionButton action="fit" label={t("fit")} className="icon-only">
        <Maximize className="icon" />
      </ActionButton>
      <ActionButton action="map" label={t("map")} className="icon-only" on={map}>
        <MapIcon className="icon" />
      </ActionButton>
    </div>
  );
}
