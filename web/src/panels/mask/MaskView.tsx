import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { maskOf } from "../../graph/mask/picture";
import { closeMask, useMasking, type Masking } from "../../state/masking";
import { Board } from "./board";
import { MaskDesk } from "./MaskDesk";
import { fetchPixels } from "./pixels";

/** The mask editor, over the canvas, while it is open. */
export function MaskView() {
  const open = useMasking((state) => state.open);
  return open && <Loading key={`${open.picture} ${open.mask}`} masking={open} />;
}

function Loading({ masking }: { readonly masking: Masking }) {
  const { t } = useTranslation();
  const [board, setBoard] = useState<Board | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const going = new AbortController();
    void load(masking, going.signal).then(setBoard, () => {
      if (!going.signal.aborted) setFailed(true);
    });
    return () => going.abort();
  }, [masking]);
  if (board) return <MaskDesk board={board} masking={masking} />;
  return (
    <section className="mask-view" role="dialog" aria-label={t("masking.title", { name: masking.title })}>
      <div className="empty" role={failed ? "alert" : "status"}>
        <p>{t(failed ? "masking.notShown" : "masking.loading")}</p>
        <button type="button" className="btn" autoFocus onClick={closeMask}>
          {t("masking.cancel")}
        </button>
      </div>
    </section>
  );
}

async function load({ picture, mask, channel }: Masking, signal: AbortSignal): Promise<Board> {
  const beneath = fetchPixels(picture, signal);
  const [pixels, masked] = await Promise.all([
    beneath,
    mask === picture || mask === null ? beneath : fetchPixels(mask, signal),
  ]);
  return new Board(pixels, mask === null ? null : maskOf(masked, channel));
}
