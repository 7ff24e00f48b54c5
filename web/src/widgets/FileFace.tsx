import { ChevronDown, FileImage, Upload } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { uploadUrl } from "../state/api/files";

interface Props {
  readonly label: string;
  readonly name: string;
  readonly pictures: boolean;
  readonly size: "node" | "form";
  /** How far an upload is, 0 to 1. */
  readonly sent: number | undefined;
}

/** A file field at rest: the name, a small picture, and how far an upload is. */
export function FileFace({ label, name, pictures, size, sent }: Props) {
  const { t } = useTranslation();
  const inviting = size === "form" && pictures && name === "";
  const words = sent !== undefined ? t("widget.uploading") : inviting ? t("widget.dropHere") : name;
  return (
    <>
      {sent !== undefined && <i className="fill" style={{ width: `${sent * 100}%` }} />}
      {size === "node" && <span>{label}</span>}
      {inviting && <Upload className="icon sm" />}
      <output>{words}</output>
      {pictures ? <Thumb key={name} name={name} /> : <ChevronDown className="icon sm" />}
    </>
  );
}

/** A name that leads to no picture has no small picture. */
function Thumb({ name }: { readonly name: string }) {
  const [missing, setMissing] = useState(name === "");
  if (missing) return <FileImage className="icon sm" />;
  return <img className="thumb" src={uploadUrl(name)} alt="" draggable={false} onError={() => setMissing(true)} />;
}
