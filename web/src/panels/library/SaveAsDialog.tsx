import { useTranslation } from "react-i18next";

import type { OpenDocument } from "../../state/documents";
import { useLibrary } from "../../state/library";
import { tell } from "../../state/notices";
import { saveAs } from "../../state/saving";
import { AskName } from "../parts/Ask";
import { nameTrouble } from "./entries";

interface Props {
  readonly document: OpenDocument;
  readonly onClose: () => void;
}

/** Ask under which name a workflow goes into the library. */
export function SaveAsDialog({ document, onClose }: Props) {
  const { t } = useTranslation();
  const taken = useLibrary(({ workflows }) => workflows).flatMap((each) => (each.template ? [] : [each.name]));
  const wanted = document.history.present.name ?? document.name ?? t("untitled");
  return (
    <AskName
      title={t("libraryView.saveAs")}
      label={t("libraryView.name")}
      hint={t("libraryView.nameHint")}
      value={freeName(wanted.replace(/[\\/:*?"<>|]/g, "-"), taken)}
      verb={t("libraryView.save")}
      refuse={(name) => {
        const trouble = nameTrouble(name, taken);
        return trouble && t(trouble);
      }}
      onName={(name) =>
        void saveAs(name, { id: document.id }).then((saved) => saved === "saved" && tell("saveWorkflow"))
      }
      onClose={onClose}
    />
  );
}

function freeName(wanted: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted} ${count}`;
    if (!taken.includes(name)) return name;
  }
}
