import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { loginUrl, reconnect, useConnection } from "../../state/connection";
import { load, useLibrary } from "../../state/library";

const PATIENCE = 700;

/** A line under the top bar while the server is away or does not know us any more; editing goes on. */
export function ConnectionLine() {
  const { t } = useTranslation();
  const status = useConnection((connection) => connection.status);
  const trouble = useLibrary((library) => library.trouble);
  const away = useLasting(status === "offline" || trouble?.status === 0, PATIENCE);
  if (status === "login") {
    return (
      <div className="trouble" role="alert">
        <span className="grow">{t("loginGone")}</span>
        <a className="btn" href={loginUrl}>
          {t("logIn")}
        </a>
      </div>
    );
  }
  if (!away && (!trouble || trouble.status === 0)) return null;
  const again = () => {
    reconnect();
    void load();
  };
  return (
    <div className="trouble" role="alert">
      <span className="grow">{away ? t("offline") : trouble?.message}</span>
      <button type="button" className="btn" onClick={again}>
        {t("tryAgain")}
      </button>
    </div>
  );
}

/** True once it has been so for a while: a line that comes back at once is not worth a word. */
function useLasting(now: boolean, patience: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(now), now ? patience : 0);
    return () => clearTimeout(timer);
  }, [now, patience]);
  return now && lasting;
}
