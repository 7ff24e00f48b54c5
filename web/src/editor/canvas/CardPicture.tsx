import { useState } from "react";
import { useTranslation } from "react-i18next";

import { uploadUrl } from "../../state/api/files";
import { useStandings } from "../../state/standing";

interface Props {
  readonly path: string;
  /** The picture file that the node loads, by its name, or null. */
  readonly file: string | null;
  readonly place: { readonly y: number; readonly height: number };
}

/** The picture of a node: a preview while it runs, else its last result or what it loads; the space is there before any. */
export function CardPicture({ path, file, place }: Props) {
  const { t } = useTranslation();
  const picture = useStandings(({ pictures }) => pictures.get(path));
  const standing = useStandings(({ nodes }) => nodes.get(path));
  return (
    <div className="node-picture" style={{ top: place.y, height: place.height }}>
      {picture ? (
        <img src={picture.url} alt={picture.alt} className={picture.stale ? "stale" : ""} draggable={false} />
      ) : (
        file !== null && <Loaded key={file} file={file} />
      )}
      {picture?.stale && <span className="tag">{t("previousRun")}</span>}
      {standing?.kind === "running" && (
        <div className="bar-line">
          <i style={{ transform: `scaleX(${standing.done / Math.max(1, standing.total)})` }} />
        </div>
      )}
    </div>
  );
}

/** What is in the file; nothing where the name leads to no picture, which the field says. */
function Loaded({ file }: { readonly file: string }) {
  const [missing, setMissing] = useState(false);
  if (missing) return null;
  return <img src={uploadUrl(file)} alt={file} draggable={false} onError={() => setMissing(true)} />;
}
