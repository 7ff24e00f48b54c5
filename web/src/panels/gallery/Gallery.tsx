import { useEffect, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { loadGallery, loadMorePictures, useGallery } from "../../state/gallery";
import { goTo } from "../../state/place";
import type { Artifact } from "../../wire/schema.gen";
import { CompareStage } from "../compare/CompareStage";
import { WhatDiffers } from "../compare/WhatDiffers";
import { Blocks } from "../parts/Blocks";
import { number } from "../parts/words";
import { pickOther, stopComparing, swap, useChosen } from "./chosen";
import { Facts } from "./Facts";
import { FilterRow } from "./FilterRow";
import { Grid } from "./Grid";
import { Stage } from "./Stage";
import { StageBar } from "./StageBar";
import { usePictures, useShown } from "./useShown";

const FEW = 30;

/** Everything that was made: small on the left, large in the middle, and what is known of it on the right. */
export function Gallery() {
  const { t } = useTranslation();
  const pictures = usePictures();
  const [a, b] = useShown();
  useEffect(() => {
    if (!useGallery.getState().loaded) void loadGallery();
  }, []);
  const { next, loading } = useGallery();
  const few = pictures.length < FEW;
  useEffect(() => {
    if (few && next !== null && !loading) void loadMorePictures(); // filters may leave nothing of what was read
  }, [few, next, loading]);
  return (
    <div className="gallery" onKeyDown={(event) => press(event, a, b !== null)} data-area="gallery">
      <section className="gallery-side" aria-labelledby="gallery-title">
        <Head count={pictures.length} />
        <FilterRow />
        <State count={pictures.length} />
        {pictures.length > 0 && <Grid pictures={pictures} a={a} b={b} />}
      </section>
      <section className="gallery-stage" aria-label={t("galleryView.stage")}>
        {a && <StageBar a={a} b={b} />}
        {a && b ? <CompareStage a={a} b={b} /> : a ? <Stage key={a.sha256} picture={a} /> : <div className="stage" />}
        {a && <Keys comparing={b !== null} />}
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

function press(event: KeyboardEvent, shown: Artifact | null, comparing: boolean): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const onButton = event.target instanceof HTMLButtonElement;
  if (event.key === "Escape") {
    if (comparing || useChosen.getState().picking) stopComparing();
    else goTo({ view: "graph" });
  } else if (event.key === "c" && shown) pickOther(shown);
  else if (event.key === " " && comparing && !onButton) swap();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function Head({ count }: { readonly count: number }) {
  const { t } = useTranslation();
  const { loaded, next } = useGallery();
  return (
    <header className="pane-head">
      <h2 id="gallery-title">{t("gallery")}</h2>
      {loaded && <span className="muted">{number(count) + (next === null ? "" : " +")}</span>}
    </header>
  );
}

/** What is said while there is nothing to see. */
function State({ count }: { readonly count: number }) {
  const { t } = useTranslation();
  const { loaded, trouble, pictures } = useGallery();
  if (trouble) {
    return (
      <div className="panel-hint">
        <p className="muted">{trouble.status === 0 ? t("galleryView.offline") : trouble.message}</p>
        <button type="button" className="btn" onClick={() => void loadGallery()}>
          {t("tryAgain")}
        </button>
      </div>
    );
  }
  if (!loaded) return <Blocks shape="tiles" count={15} />;
  if (count > 0) return null;
  return <p className="muted panel-hint">{t(pictures.length > 0 ? "galleryView.noneFits" : "galleryView.empty")}</p>;
}

function Keys({ comparing }: { readonly comparing: boolean }) {
  const { t } = useTranslation();
  const picking = useChosen((chosen) => chosen.picking);
  if (picking) return <footer className="keys">{t("galleryView.pick")}</footer>;
  return (
    <footer className="keys">
      <span>
        <kbd>← →</kbd>
        {t(comparing ? "galleryView.keyDivider" : "galleryView.keyNext")}
      </span>
      {comparing && (
        <span>
          <kbd>{t("galleryView.space")}</kbd>
          {t("galleryView.keyFlip")}
        </span>
      )}
      <span>
        <kbd>C</kbd>
        {t(comparing ? "galleryView.keyOther" : "galleryView.keyCompare")}
      </span>
      <span>
        <kbd>{t("galleryView.shiftClick")}</kbd>
        {t("galleryView.keyCompareWith")}
      </span>
    </footer>
  );
}
