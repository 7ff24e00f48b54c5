import { Contrast, PaintBucket, Trash2 } from "lucide-react";
import { useEffect, useRef, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";

import { fillArea, invert, wholeOf } from "../../graph/mask/grid";
import { overlay } from "../../graph/mask/picture";
import type { Board } from "./board";
import { choose, LARGEST, useTools } from "./tools";

interface Props {
  readonly board: Board;
  /** How far the mask has been sent, 0 to 1; null while it is not. */
  readonly sent: number | null;
  readonly onCancel: () => void;
  readonly onUse: () => void;
}

const LOOKS = ["hatch", "colour", "alone"] as const;
const SOFTEST = 64;

/** The brush, the view and the mask as a whole. */
export function MaskSide({ board, sent, onCancel, onUse }: Props) {
  const { t } = useTranslation();
  const { size, hardness, strength, feather, look } = useTools();
  const share = Math.round(board.share * 100);
  return (
    <aside className="mask-side">
      <div className="mask-side-body">
        <h2>{t("masking.paint")}</h2>
        <Setting
          label={t("masking.size")}
          value={Math.sqrt(size / LARGEST)}
          words={t("masking.pixels", { count: size })}
          onChange={(each) => choose({ size: Math.max(1, Math.round(each * each * LARGEST)) })}
        />
        <Setting
          label={t("masking.hardness")}
          value={hardness}
          words={`${Math.round(hardness * 100)}%`}
          onChange={(each) => choose({ hardness: each })}
        />
        <Setting
          label={t("masking.strength")}
          value={strength}
          words={`${Math.round(strength * 100)}%`}
          onChange={(each) => choose({ strength: Math.max(0.05, each) })}
        />
        <hr />
        <Setting
          label={t("masking.feather")}
          value={feather / SOFTEST}
          words={t("masking.pixels", { count: feather })}
          onChange={(each) => {
            const radius = Math.round(each * SOFTEST);
            choose({ feather: radius });
            board.soften(radius);
          }}
        />
        <div className="form-label">{t("masking.show")}</div>
        <div className="seg mask-looks" role="group" aria-label={t("masking.show")}>
          {LOOKS.map((each) => (
            <button
              key={each}
              type="button"
              className={each === look ? "on" : ""}
              aria-pressed={each === look}
              onClick={() => choose({ look: each })}
            >
              {t(`masking.look_${each}`)}
            </button>
          ))}
        </div>
        <hr />
        <Acts board={board} />
        <hr />
        <div className="form-label">
          <span>{t("masking.alone")}</span>
          <output className="muted" aria-live="polite">
            {t("masking.painted", { share: String(share) })}
          </output>
        </div>
        <Alone board={board} label={t("masking.painted", { share: String(share) })} />
      </div>
      <footer className="mask-foot">
        <button type="button" className="btn large" onClick={onCancel}>
          {t("masking.cancel")}
        </button>
        <button type="button" className="btn primary large grow" disabled={sent !== null} onClick={onUse}>
          {sent === null ? t("masking.use") : t("masking.sending", { share: String(Math.round(sent * 100)) })}
        </button>
      </footer>
    </aside>
  );
}

function Acts({ board }: { readonly board: Board }) {
  const { t } = useTranslation();
  return (
    <div className="mask-acts">
      <button type="button" className="btn" onClick={() => board.apply(invert)}>
        <Contrast className="icon sm" />
        {t("masking.invert")}
      </button>
      <button type="button" className="btn" onClick={() => board.apply((mask) => fillArea(mask, wholeOf(mask), 255))}>
        <PaintBucket className="icon sm" />
        {t("masking.fill")}
      </button>
      <button
        type="button"
        className="btn wide"
        onClick={() => board.apply((mask) => fillArea(mask, wholeOf(mask), 0))}
      >
        <Trash2 className="icon sm" />
        {t("masking.clear")}
      </button>
    </div>
  );
}

interface SettingProps {
  readonly label: string;
  /** 0 to 1 */
  readonly value: number;
  readonly words: string;
  readonly onChange: (value: number) => void;
}

function Setting({ label, value, words, onChange }: SettingProps) {
  return (
    <label className="mask-setting">
      <span className="form-label">
        <span>{label}</span>
        <span className="muted">{words}</span>
      </span>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={words}
        min={0}
        max={100}
        value={Math.round(value * 100)}
        style={{ "--share": `${value * 100}%` } as CSSProperties}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
      />
    </label>
  );
}

/** The mask in grey, small; drawn anew after each step. */
function Alone({ board, label }: { readonly board: Board; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = board.picture;
  const { version } = board;
  useEffect(() => {
    const { shown } = board;
    const data = overlay(shown, wholeOf(shown), "alone", 1);
    canvas.current?.getContext("2d")?.putImageData(new ImageData(data, shown.width, shown.height), 0, 0);
  }, [board, version]);
  return <canvas ref={canvas} className="mask-alone" role="img" aria-label={label} width={width} height={height} />;
}
