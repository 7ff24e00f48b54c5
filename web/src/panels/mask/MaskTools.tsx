import { Brush, Eraser, Hand, PaintBucket, SquareDashed, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { choose, useTools, type Tool } from "./tools";

const TOOLS: readonly (readonly [Tool, LucideIcon, string])[] = [
  ["brush", Brush, "B"],
  ["eraser", Eraser, "E"],
  ["rectangle", SquareDashed, "R"],
  ["bucket", PaintBucket, "G"],
  ["hand", Hand, "H"],
];

/** What the hand holds. */
export function MaskTools() {
  const { t } = useTranslation();
  const now = useTools(({ tool }) => tool);
  return (
    <div className="mask-tools" role="toolbar" aria-orientation="vertical" aria-label={t("masking.tools")}>
      {TOOLS.map(([tool, Icon, key]) => (
        <button
          key={tool}
          type="button"
          className={`btn quiet icon-only${tool === now ? " on" : ""}`}
          aria-label={t(`masking.${tool}`)}
          aria-pressed={tool === now}
          title={`${t(`masking.${tool}`)} (${key})`}
          onClick={() => choose({ tool })}
        >
          <Icon className="icon" />
        </button>
      ))}
    </div>
  );
}
