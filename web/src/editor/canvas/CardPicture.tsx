import { useTranslation } from "react-i18next";

import { useStandings } from "../../state/standing";

interface Props {
  readonly path: string;
  readonly place: { readonly y: number; readonly height: number };
}

/** The picture of a node: a preview while it runs, else its last result; the space is there before either. */
export function CardPicture({ path, place }: Props) {
  const { t } = useTranslation();
  const picture = useStandings(({ pictures }) => pictures.get(path));
  const standing = useStandings(({ nodes }) => nodes.get(path));
  return (
    <div className="node-picture" style={{ top: place.y, height: place.height }}>
      {picture && (
        <img src={picture.url} alt={picture.alt} className={picture.stale ? "stale" : ""} draggable={false} />
      )}
      {picture?.stale && <span className="tag">{t("previousRun")}</span>}
      {standing?.kind === "running" && (
        <div className="bar-line">
          <i style={{ width: `${(100 * standing.done) / Math.max(1, standing.total)}%` }} />
        </div>
      )}
    </div>
  );
}
