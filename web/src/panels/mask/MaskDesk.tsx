import { Redo2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { closeMask, type Masking } from "../../state/masking";
import { run } from "../../state/submit";
import { Confirm } from "../parts/Ask";
import type { Board } from "./board";
import { keepMask } from "./keep";
import { maskKeys } from "./pressed";
import { MaskKeys } from "./MaskKeys";
import { MaskSide } from "./MaskSide";
import { MaskStage } from "./MaskStage";
import { MaskTools } from "./MaskTools";
import { suit, useTools } from "./tools";

interface Props {
  readonly board: Board;
  readonly masking: Masking;
}

/** A mask on its picture, with all that paints it. */
export function MaskDesk({ board, masking }: Props) {
  const { t } = useTranslation();
  const view = useRef<HTMLElement>(null);
  const [sent, setSent] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  useSyncExternalStore(board.watch, () => board.version);
  const feather = useTools((tools) => tools.feather);
  useEffect(() => {
    if (feather > 0) board.soften(feather);
  }, [board, feather]);
  useEffect(() => {
    const before = document.activeElement;
    suit(board.picture);
    focusStage();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [board]);
  const leave = () => (board.changed ? setAsking(true) : closeMask());
  const take = async () => {
    setSent(0);
    const kept = await keepMask(board, masking, setSent);
    if (kept) closeMask();
    else setSent(null);
    return kept;
  };
  const takeAndRun = async () => {
    if (sent === null && (await take()) && masking.at !== null) await run();
  };
  return (
    <section
      ref={view}
      className="mask-view"
      role="dialog"
      aria-label={t("masking.title", { name: masking.title })}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (asking) return;
        if (event.key === "Escape") leave();
        else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void takeAndRun();
        else if (!maskKeys(board, event)) return;
        event.preventDefault(); // or Escape would close the question that it has just opened
      }}
      onPointerDown={keepFocus}
    >
      <div className="mask-main">
        <div className="mask-head">
          <h2>{t("masking.title", { name: masking.title })}</h2>
          <span className="muted">
            {board.picture.width} × {board.picture.height}
          </span>
          <span className="grow" />
          <History board={board} />
        </div>
        <MaskStage board={board} />
        <MaskTools />
        <MaskKeys runs={masking.at !== null} />
      </div>
      <MaskSide board={board} sent={sent} onCancel={leave} onUse={() => void take()} />
      {asking && (
        <Confirm
          title={t("masking.discard")}
          text={t("masking.discardHint")}
          verb={t("masking.discardYes")}
          onYes={closeMask}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );

  /** A press on nothing in particular leaves the keys with the picture. */
  function keepFocus(event: PointerEvent) {
    const target = event.target as Element;
    if (!target.closest("button, input, [tabindex], dialog")) {
      event.preventDefault();
      focusStage();
    }
  }

  function focusStage() {
    view.current?.querySelector<HTMLElement>(".mask-stage")?.focus({ preventScroll: true });
  }
}

function History({ board }: { readonly board: Board }) {
  const { t } = useTranslation();
  return (
    <>
      <button
        type="button"
        className="btn quiet icon-only"
        aria-label={t("undo")}
        title={`${t("undo")} (Ctrl+Z)`}
        disabled={!board.canUndo}
        onClick={() => board.undo()}
      >
        <Undo2 className="icon" />
      </button>
      <button
        type="button"
        className="btn quiet icon-only"
        aria-label={t("redo")}
        title={`${t("redo")} (Ctrl+Shift+Z)`}
        disabled={!board.canRedo}
        onClick={() => board.redo()}
      >
        <Redo2 className="icon" />
      </button>
    </>
  );
}
