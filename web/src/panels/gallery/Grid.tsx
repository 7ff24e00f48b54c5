import { useVirtualizer } from "@tanstack/react-virtual";
import { FileText } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";

import { thumbnailUrl } from "../../state/api/files";
import { keyOf, loadMorePictures, useGallery } from "../../state/gallery";
import type { Artifact } from "../../wire/schema.gen";
import { compareWith, sameShown, showPicture } from "./chosen";

interface Props {
  readonly pictures: readonly Artifact[];
  readonly a: Artifact | null;
  readonly b: Artifact | null;
}

const TILE = 92;
const GAP = 12;
const NEAR = 3;

/** All pictures in rows; only those in sight are on the page. Arrows go from one to the next. */
export function Grid({ pictures, a, b }: Props) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumns(scroller);
  const rows = Math.ceil(pictures.length / columns);
  // eslint-disable-next-line react-hooks/incompatible-library -- it is made for being read while drawing
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE + GAP,
    paddingStart: 4,
    overscan: 4,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const next = useGallery((gallery) => gallery.next);
  useEffect(() => {
    if (next !== null && last >= rows - NEAR) void loadMorePictures();
  }, [next, last, rows]);
  useEffect(() => {
    // keys mean pictures from the first on
    requestAnimationFrame(() => {
      const list = scroller.current;
      if (!list || list.closest("[data-area]")?.contains(document.activeElement)) return;
      list.querySelector<HTMLElement>(".tile[tabindex='0']")?.focus({ preventScroll: true });
    });
  }, []);
  const at = pictures.findIndex((each) => a && sameShown(each, a));
  const walk = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const from = pictures.findIndex((each) => keyOf(each) === (event.target as HTMLElement).dataset.key);
    const target = step === undefined || from < 0 ? undefined : pictures[from + step];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    virtual.scrollToIndex(Math.floor((from + (step ?? 0)) / columns));
    showPicture(target.sha256, target.job);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(keyOf(target))}"]`)?.focus(),
    );
  };
  return (
    <div ref={scroller} className="gallery-list" data-count={pictures.length} onKeyDown={walk}>
      <ul style={{ height: virtual.getTotalSize() }} aria-label={t("galleryView.pictures")}>
        {items.flatMap((row) =>
          pictures.slice(row.index * columns, row.index * columns + columns).map((each, column) => (
            <li
              key={keyOf(each)}
              style={{ transform: `translate(${column * (TILE + GAP)}px, ${row.start}px)` }}
              aria-posinset={row.index * columns + column + 1}
              aria-setsize={pictures.length}
            >
              <Tile
                picture={each}
                large={a}
                mark={a && sameShown(each, a) ? "A" : b && sameShown(each, b) ? "B" : null}
                comparing={b !== null}
                focusable={at < 0 ? row.index === 0 && column === 0 : row.index * columns + column === at}
              />
            </li>
          )),
        )}
      </ul>
    </div>
  );
}

/** As many columns as there is room for. */
function useColumns(list: RefObject<HTMLElement | null>): number {
  const [columns, setColumns] = useState(3);
  useEffect(() => {
    const drawn = list.current?.firstElementChild;
    if (!drawn) return;
    const watch = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (width > 0) setColumns(Math.max(1, Math.floor((width + GAP) / (TILE + GAP))));
    });
    watch.observe(drawn);
    return () => watch.disconnect();
  }, [list]);
  return columns;
}

interface TileProps {
  readonly picture: Artifact;
  /** The picture that is shown large. */
  readonly large: Artifact | null;
  readonly mark: "A" | "B" | null;
  readonly comparing: boolean;
  readonly focusable: boolean;
}

function Tile({ picture, large, mark, comparing, focusable }: TileProps) {
  const { t } = useTranslation();
  const { sha256, job, name } = picture;
  return (
    <button
      type="button"
      className={`tile${mark ? " on" : ""}`}
      data-key={keyOf(picture)}
      tabIndex={focusable ? 0 : -1}
      aria-pressed={mark !== null}
      aria-label={t("queueView.open", { name })}
      title={name}
      onClick={({ shiftKey, ctrlKey, metaKey }) => {
        if (large && (shiftKey || ctrlKey || metaKey)) compareWith(large, sha256, job);
        else showPicture(sha256, job);
      }}
    >
      {picture.media_type.startsWith("image/") ? (
        <img src={thumbnailUrl(sha256, 256)} alt="" loading="lazy" decoding="async" />
      ) : (
        <span className="file-tile">
          <FileText className="icon" /> <span className="clip">{name}</span>
        </span>
      )}
      {mark && comparing && <span className="tile-mark">{mark}</span>}
    </button>
  );
}
