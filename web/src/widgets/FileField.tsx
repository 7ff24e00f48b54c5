import { Brush } from "lucide-react";
import { useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import type { InputRef } from "../graph/document/model";
import { openMaskOf } from "../state/masking";
import { fieldClass, type WidgetProps } from "./given";
import { FileFace } from "./FileFace";
import { FileList } from "./FileList";
import { takesPictures, useUploads } from "./files";
import { Popover } from "./Popover";
import { useBringing } from "./useBringing";

interface Props extends WidgetProps {
  readonly at: InputRef;
  readonly folder: string;
  readonly suffixes: readonly string[];
}

/** A file: picked from a list, or a picture that is dropped, pasted or chosen from the disk. */
export function FileField(props: Props) {
  const { label, value, hand, size, at, folder, suffixes } = props;
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const key = `${at.node}/${at.input}`;
  const sent = useUploads((state) => state.going.get(key));
  const pictures = takesPictures(folder, suffixes);
  const now = typeof value === "string" ? value : "";
  const { over, bring, handlers } = useBringing(key, hand.set);
  const close = () => setOpen(false);
  return (
    <div
      className={`file-place${over ? " over" : ""}${size === "form" && pictures ? " tall" : ""}`}
      {...(pictures && handlers)}
    >
      <button
        ref={button}
        type="button"
        className={fieldClass(props, "file")}
        aria-label={`${label}: ${now}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={now}
        onClick={() => setOpen((shown) => !shown)}
        onKeyDown={press}
      >
        <FileFace label={label} name={now} pictures={pictures} size={size} sent={sent} />
      </button>
      {pictures && now !== "" && (
        <button
          type="button"
          className="mark beside nodrag"
          aria-label={t("masking.open")}
          title={t("masking.open")}
          onClick={() => openMaskOf(at)}
        >
          <Brush className="icon sm" />
        </button>
      )}
      {open && (
        <Popover anchor={button} label={label} width={pictures ? 300 : 280} onClose={close}>
          <FileList
            label={label}
            folder={folder}
            suffixes={suffixes}
            chosen={now}
            uploadKey={key}
            onFiles={(files) => {
              close();
              bring(files);
            }}
            onPick={(name) => {
              close();
              if (name !== value) hand.set(name);
            }}
          />
        </Popover>
      )}
    </div>
  );

  function press(event: KeyboardEvent) {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    event.stopPropagation();
    setOpen(true);
  }
}
