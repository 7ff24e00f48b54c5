import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { SECTIONS, useActions } from "../../state/actions";
import { showKeys } from "../../widgets/keys";
import { actionLabel } from "../menus/items";
import { setSession, useSession } from "../session";
import { Dialog } from "./Dialog";

const close = () => setSession({ shortcuts: false });

/** All keys, from the one table of actions. */
export function Shortcuts() {
  const open = useSession((session) => session.shortcuts);
  return open && <Page />;
}

function Page() {
  const { t, i18n } = useTranslation();
  const actions = useActions((known) => known.actions);
  const keyed = [...actions.values()].filter(({ id, keys }) => keys.length > 0 && i18n.exists(`actions.${id}`));
  return (
    <Dialog label={t("shortcuts.title")} className="shortcuts" onClose={close}>
      <header className="pane-head">
        <h2 className="grow">{t("shortcuts.title")}</h2>
        <button type="button" className="btn quiet icon-only" aria-label={t("close")} onClick={close} autoFocus>
          <X className="icon" />
        </button>
      </header>
      <div className="shortcut-lists" tabIndex={0} role="region" aria-label={t("shortcuts.title")}>
        {SECTIONS.map((section) => {
          const members = keyed.filter((each) => each.section === section);
          return (
            members.length > 0 && (
              <section key={section}>
                <h3>{t(`sections.${section}`)}</h3>
                <dl>
                  {members.map((action) => (
                    <div key={action.id}>
                      <dt>{actionLabel(t, action)}</dt>
                      <dd>
                        {action.keys.map((keys) => (
                          <kbd key={keys}>{showKeys(keys)}</kbd>
                        ))}
                      </dd>
                    </div>
                  ))}
                </dl>
              </section>
            )
          );
        })}
      </div>
      <p className="muted panel-hint">{t("shortcuts.hint")}</p>
    </Dialog>
  );
}
