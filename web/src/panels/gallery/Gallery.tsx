import { useEffect, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { loadGallery, useGallery } from "../../state/gallery";
import { goTo } from "../../state/place";
import { CompareStage } from "../compare/CompareStage";
import { WhatDiffers } from "../compare/WhatDiffers";
import { Blocks } from "../parts/Blocks";
import { pickOther, stopComparing, swap, useChosen } from "./chosen";
import { Facts } from "./Facts";
import { FilterRow } from "./FilterRow";
import { Grid } from "./Grid";
import { Stage } from "./Stage";
import { StageBar } from "./StageBar";
import { usePictures, useShown } from "./useShown";

/** Everything that was made: small on the left, large in the middle, and what is known of it on the right. */
export function Gallery() {
  const { t } = useTranslation();
  const { loaded, trouble, next } = useGallery();
  const picking = useChosen((chosen) => chosen.picking);
  const pictures = usePictures();
  const [a, b] = useShown();
  useEffect(() => {
    if (!useGallery.getState().loaded) void loadGallery();
  }, []);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (b || picking) stopComparing();
      else goTo({ view: "graph" });
    } else if (event.key === "c" && a) pickOther();
    else if (event.key === " " && b && !(event.target instanceof HTMLButtonElement)) swap();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="gallery" onKeyDown={press} data-area="gallery">
      <section className="gallery-side" aria-labelledby="gallery-title">
        <header className="pane-head">
          <h2 id="gallery-title">{t("gallery")}</h2>
          {loaded && (
            <span className="muted">
              {pictures.length.toLocaleString()}
              {next !== null && " +"}
            </span>
          )}
        </header>
        <FilterRow />
        {!loaded && !trouble && <Blocks shape="tiles" count={15} />}
        {trouble && (
          <div className="panel-hint">
            <p className="muted">{trouble.status === 0 ? t("galleryView.offline") : trouble.message}</p>
            <button type="button" className="btn" onClick={() => void loadGallery()}>
              {t("tryAgain")}
            </button>
          </div>
        )}
        {loaded && pictures.length === 0 && (
          <p className="muted panel-hint">
            {useGallery.getState().pictures.length > 0 ? t("galleryView.noneFits") : t("galleryView.empty")}
          </p>
        )}
        {pictures.length > 0 && <Grid pictures={pictures} a={a} b={b} />}
      </section>
      <section className="gallery-stage" aria-label={t("galleryView.stage")}>
        {a && <StageBar a={a} b={b} />}
        {a && b ? <CompareStage a={a} b={b} /> : a ? <Stage key={a.sha256} picture={a} /> : <div className="stage" />}
        <footer className="keys">
          {picking ? (
            <span>{t("galleryView.pick")}</span>
          ) : (
            <>
              <span>
                <kbd>← →</kbd>
                {t(b ? "galleryView.keyDivider" : "galleryView.keyNext")}
              </span>
              {b && (
                <span>
                  <kbd>{t("galleryView.space")}</kbd>
                  {t("galleryView.keyFlip")}
                </span>
              )}
              <span>
                <kbd>C</kbd>
                {t(b ? "galleryView.keyOther" : "galleryView.keyCompare")}
              </span>
            </>
          )}
        </footer>
      </section>
      {a && (
        <aside className="gallery-facts" aria-label={t("galleryView.facts")}>
          {b && <WhatDiffers a={a} b={b} />}
          <Facts picture={b ?? a} letter={b ? "B" : null} />
        </aside>
      )}
    </div>
  );
}
