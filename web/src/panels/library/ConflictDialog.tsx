import { useState } from "react";
import { useTranslation } from "react-i18next";

import { compareWorkflows } from "../../graph/compare";
import type { OpenDocument } from "../../state/documents";
import { postponeConflict, resolveConflict, useSaving, type Saving } from "../../state/saving";
import { useActive } from "../../state/stage";
import { Differences } from "../compare/Differences";
import { Dialog } from "../parts/Dialog";
import { SaveAsDialog } from "./SaveAsDialog";

/** Shown when somebody else has saved the file that one edits: mine, theirs, or both. */
export function ConflictDialog() {
  const document = useActive();
  return document && <OfDocument key={document.id} document={document} />;
}

function OfDocument({ document }: { readonly document: OpenDocument }) {
  const [copying, setCopying] = useState(false);
  const saving = useSaving(document.id);
  if (copying) return <SaveAsDialog document={document} onClose={() => setCopying(false)} />;
  if (saving?.kind !== "conflict") return null;
  return (
    <Question
      document={document}
      conflict={saving}
      onCopy={() => {
        postponeConflict(document.id);
        setCopying(true);
      }}
    />
  );
}

interface QuestionProps {
  readonly document: OpenDocument;
  readonly conflict: Extract<Saving, { kind: "conflict" }>;
  readonly onCopy: () => void;
}

function Question({ document, conflict: { name, theirs }, onCopy }: QuestionProps) {
  const { t } = useTranslation();
  const { id } = document;
  return (
    <Dialog
      title={t("conflict.title", { name })}
      size="large"
      onClose={() => postponeConflict(id)}
      actions={
        <>
          <button type="button" className="btn quiet" onClick={onCopy}>
            {t("conflict.both")}
          </button>
          <span className="grow" />
          {theirs && (
            <button type="button" className="btn" onClick={() => void resolveConflict(id, "theirs")}>
              {t("conflict.theirs")}
            </button>
          )}
          <button type="button" className="btn primary" onClick={() => void resolveConflict(id, "mine")}>
            {t("conflict.mine")}
          </button>
        </>
      }
    >
      <p>{t(theirs ? "conflict.text" : "conflict.gone")}</p>
      {theirs && (
        <Differences
          differences={compareWorkflows(theirs.workflow, document.history.present)}
          labels={[t("conflict.theirsShort"), t("conflict.mineShort")]}
          same={t("conflict.same")}
        />
      )}
    </Dialog>
  );
}
