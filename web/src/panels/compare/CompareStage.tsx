import { MoveHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { artifactUrl } from "../../state/api/files";
import type { Artifact } from "../../wire/schema.gen";
import { isSmall } from "../gallery/Stage";

/** Two pictures on top of each other with a divider to move: a slider in the plainest sense. */
export function CompareStage({ a, b }: { readonly a: Artifact; readonly b: Artifact }) {
  const { t } = useTranslation();
  const [share, setShare] = useState(46);
  const pixels = isSmall(a) && isSmall(b) ? "pixels" : "";
  const ratio = (a.width ?? 1) / (a.height ?? 1);
  const style: Record<`--${string}`, string | number> = { "--share": `${share}%`, "--ratio": ratio };
  return (
    <div className="stage">
      <div className="compare" style={style}>
        <img className={pixels} src={artifactUrl(b.sha256)} alt={`B: ${b.name}`} draggable={false} />
        <img className={`over ${pixels}`} src={artifactUrl(a.sha256)} alt={`A: ${a.name}`} draggable={false} />
        <span className="compare-tag left">A</span>
        <span className="compare-tag right">B</span>
        <i className="compare-line">
          <span>
            <MoveHorizontal className="icon" />
          </span>
        </i>
        <input
          type="range"
          min={0}
          max={100}
          step={0.5}
          value={share}
          aria-label={t("galleryView.divider")}
          onChange={(event) => setShare(Number(event.currentTarget.value))}
        />
      </div>
    </div>
  );
}
