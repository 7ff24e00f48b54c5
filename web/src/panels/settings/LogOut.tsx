import { LogOut as Icon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { loginUrl } from "../../state/connection";
import { flushDrafts } from "../../state/drafts";
import { attempt } from "../../state/notices";
import { ask, pathTo } from "../../wire/http";

/** Forget this browser's login; what is not saved is kept as drafts first. */
export function LogOut() {
  const { t } = useTranslation();
  const leave = async () => {
    await flushDrafts();
    const gone = await attempt("logOut", () => ask("POST", pathTo("logout")));
    if (gone) location.assign(loginUrl);
  };
  return (
    <button type="button" className="btn" onClick={() => void leave()}>
      <Icon className="icon sm" /> {t("settingsView.logOut")}
    </button>
  );
}
