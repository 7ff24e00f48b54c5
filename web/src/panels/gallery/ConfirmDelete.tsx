import { FileText } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { thumbnailUrl } from "../../state/api/files";
import { deletePicture, filesOf } from "../../state/gallery";
import type { Artifact } from "../../wire/schema.gen";
import { Confirm } from "../parts/Ask";
import { forgetShown } from "./chosen";

interface Props {
  readonly picture: Artifact;
  readonly onClose: () => void;
}

/** Show all that goes with a picture before it is gone. */
export function ConfirmDelete({ picture, onClose }: Props) {
  const { t } = useTranslation();
  const [files, setFiles] = useState<readonly Artifact[] | null>(null);
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
  const { length: count } = files;
  return (
    <Confirm
      title={t("galleryView.deleteTitle", { count })}
      text={t("galleryView.deleteText")}
      verb={t("galleryView.deleteVerb", { count })}
      onYes={() => void deletePicture(picture).then((done) => done && files.forEach(forgetShown))}
      onClose={onClose}
    >
      <ul className="going" tabIndex={0} aria-label={t("galleryView.deleteTitle", { count })}>
        {files.map(({ sha256, node, name, media_type: type }) => (
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
