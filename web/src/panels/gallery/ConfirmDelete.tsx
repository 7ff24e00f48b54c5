import { FileText } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { thumbnailUrl } from "../../state/api/files";
import { deletePicture, deleteRun, filesOf } from "../../state/gallery";
import type { Artifact } from "../../wire/schema.gen";
import { Confirm } from "../parts/Ask";
import { forgetShown } from "./chosen";

interface Props {
  readonly picture: Artifact;
  readonly onClose: () => void;
}

/** Show what goes before it is gone: a picture, or all of its run where one wants that. */
export function ConfirmDelete({ picture, onClose }: Props) {
  const { t } = useTranslation();
  const [files, setFiles] = useState<readonly Artifact[] | null>(null);
  const [whole, setWhole] = useState(false);
  const { job } = picture;
  useEffect(() => {
    let wanted = true;
    void filesOf(job).then((found) => wanted && (found ? setFiles(found) : onClose()));
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asked once: who closes it is the same all the while
  }, [job]);
  if (files === null) return null;
  const going = whole ? files : [picture];
  const title = t(whole ? "galleryView.deleteRunTitle" : "galleryView.deleteTitle");
  const remove = () => (whole ? deleteRun(job) : deletePicture(picture));
  return (
    <Confirm
      title={title}
      text={t(whole ? "galleryView.deleteRunText" : "galleryView.deleteText")}
      verb={t(whole ? "galleryView.deleteRunVerb" : "galleryView.deleteVerb")}
      onYes={() => void remove().then((done) => done && going.forEach(forgetShown))}
      onClose={onClose}
    >
      <label className="setting">
        <span className="grow">{t("galleryView.deleteRunToo", { count: files.length })}</span>
        <input
          type="checkbox"
          role="switch"
          className="switch"
          checked={whole}
          onChange={({ currentTarget }) => setWhole(currentTarget.checked)}
        />
      </label>
      <ul className="going" tabIndex={0} aria-label={title}>
        {going.map(({ sha256, node, name, media_type: type }) => (
          <li key={`${node}/${sha256}`} title={name}>
            {type.startsWith("image/") ? (
              <img src={thumbnailUrl(sha256, 128)} alt={name} />
            ) : (
              <FileText className="icon" />
            )}
          </li>
        ))}
      </ul>
    </Confirm>
  );
}
