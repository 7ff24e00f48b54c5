import { useTranslation } from "react-i18next";

import { useConnection } from "../../state/connection";
import { isUnsaved } from "../../state/documents";
import { useDrafts } from "../../state/drafts";
import { useSaving } from "../../state/saving";
import { useActive } from "../../state/stage";

/** Where the newest state of the open workflow is kept. */
export function Autosave() {
  const { t } = useTranslation();
  const document = useActive();
  const pending = useDrafts((drafts) => document !== null && drafts.pending.has(document.id));
  const online = useConnection(({ status }) => status === "online");
  const saving = useSaving(document?.id ?? "")?.kind === "saving";
  if (!document) return null;
  const state = saving ? "saving" : !isUnsaved(document) ? "saved" : !online ? "local" : pending ? "pending" : "draft";
  return (
    <span className="muted" data-autosave={state}>
      {t(`autosave.${state}`)}
    </span>
  );
}
