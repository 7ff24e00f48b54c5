import { FolderOpen } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Artifact } from "../wire/schema.gen";
import { bringInMade, listFiles, listMade, madeOption, takesPictures } from "./files";
import { OptionList, type Option } from "./OptionList";

interface Props {
  readonly label: string;
  readonly folder: string;
  readonly suffixes: readonly string[];
  readonly chosen: string;
  readonly uploadKey: string;
  readonly onPick: (name: string) => void;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** The files to choose from, the pictures of earlier runs, and the way to those on the disk. */
export function FileList({ label, folder, suffixes, chosen, uploadKey, onPick, onFiles }: Props) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<"files" | "made">("files");
  const [files, setFiles] = useState<readonly Option[] | null>(null);
  const [made, setMade] = useState<readonly Artifact[] | null>(null);
  const disk = useRef<HTMLInputElement>(null);
  const pictures = takesPictures(folder, suffixes);
  useEffect(() => {
    let wanted = true;
    if (tab === "files") void listFiles(folder, suffixes).then((found) => wanted && setFiles(found ?? []));
    else void listMade().then((found) => wanted && setMade(found ?? []));
    return () => {
      wanted = false;
    };
  }, [tab, folder, suffixes]);
  const options = tab === "files" ? files : (made?.map(madeOption) ?? null);
  const pick = (value: string) => {
    if (tab === "files") {
      onPick(value);
      return;
    }
    const artifact = made?.find((each) => each.sha256 === value);
    if (artifact) void bringInMade(artifact, uploadKey).then((name) => name && onPick(name));
  };
  if (options === null) return <p className="panel-hint muted">{t("loading")}</p>;
  const empty = options.length === 0;
  return (
    <>
      <OptionList key={tab} label={label} options={options} chosen={chosen} onPick={pick}>
        {pictures && (
          <div className="seg pop-tabs" role="group" aria-label={t("widget.from")}>
            {(["files", "made"] as const).map((each) => (
              <button
                key={each}
                type="button"
                className={each === tab ? "on" : ""}
                aria-pressed={each === tab}
                onClick={() => setTab(each)}
              >
                {t(`widget.from_${each}`)}
              </button>
            ))}
          </div>
        )}
        {empty && (
          <p className="panel-hint muted">
            {t(tab === "made" ? "widget.noneMade" : pictures ? "widget.noPictures" : "widget.noFiles", { folder })}
          </p>
        )}
      </OptionList>
      {pictures && (
        <div className="pop-foot">
          <button type="button" className="btn" onClick={() => disk.current?.click()}>
            <FolderOpen className="icon sm" />
            {t("widget.fromDisk")}
          </button>
          <span className="muted">{t("widget.dropOrPaste")}</span>
          <input
            ref={disk}
            type="file"
            hidden
            accept="image/png,image/jpeg,image/webp,image/gif,image/bmp"
            aria-label={t("widget.fromDisk")}
            onChange={(event) => event.target.files && onFiles([...event.target.files])}
          />
        </div>
      )}
    </>
  );
}
