import type { TFunction } from "i18next";

import { en } from "../../i18n/en";
import type { Notice } from "../../state/notices";

/** What a notice says: what was done, or what could not be, with the server's reason. */
export function noticeText(t: TFunction, { act, kind, message }: Notice): { title: string; message: string | null } {
  if (kind === "done") return { title: isDone(act) ? t(`did.${act}`) : t("did.something"), message };
  return { title: isTried(act) ? t(`failed.${act}`) : t("failed.something"), message };
}

function isDone(act: string): act is keyof typeof en.did {
  return act in en.did;
}

function isTried(act: string): act is keyof typeof en.failed {
  return act in en.failed;
}
