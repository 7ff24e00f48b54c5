import { ArrowLeftRight, Columns2, Download, Image as ImageIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { artifactUrl } from "../../state/api/files";
import type { Artifact } from "../../wire/schema.gen";
import { pickOther, stopComparing, swap, useChosen } from "./chosen";

/** One picture or two side by side, and taking it home. */
export function StageBar({ a, b }: { readonly a: Artifact; readonly b: Artifact | null }) {
  const { t } = useTranslation();
  const picking = useChosen((chosen) => chosen.picking);
  const two = b !== null || picking;
  return (
    <div className="stage-bar">
      <div className="seg" role="group" aria-label={t("view")}>
        <button type="button" className={`btn${two ? "" : " on"}`} aria-pressed={!two} onClick={stopComparing}>
          <ImageIcon className="icon sm" /> {t("galleryView.single")}
        </button>
        <button type="button" className={`btn${two ? " on" : ""}`} aria-pressed={two} onClick={() => pickOther(a)}>
          <Columns2 className="icon sm" /> {t("galleryView.compare")}
        </button>
      </div>
      <span className="grow" />
      {b && (
        <button type="button" className="btn quiet" onClick={swap}>
          <ArrowLeftRight className="icon sm" /> {t("galleryView.swap")}
        </button>
      )}
      <a className="btn quiet" href={artifactUrl((b ?? a).sha256, true)} download={(b ?? a).name}>
        <Download className="icon sm" /> {t("galleryView.download")}
      </a>
    </div>
  );
}
