import { useTranslation } from "react-i18next";

import { useDevices } from "../../state/memory";
import { bytes } from "../parts/words";

/** How full each device is. */
export function MemoryFoot() {
  const { t } = useTranslation();
  const devices = useDevices();
  if (devices.length === 0) return null;
  return (
    <div className="dock-foot">
      {devices.map(({ device, total, used }) => (
        <div key={device} className="device">
          <div className="row">
            <span className="grow">{device}</span>
            <span className="muted">{t("usedOf", { used: bytes(used), total: bytes(total) })}</span>
          </div>
          <div
            className="bar-line calm"
            role="meter"
            aria-label={t("memoryOf", { device })}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round((100 * used) / total)}
          >
            <i style={{ transform: `scaleX(${used / total})` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
