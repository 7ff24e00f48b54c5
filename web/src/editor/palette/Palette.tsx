import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../../graph/search";
import { SECTIONS, useActions, type Action } from "../../state/actions";
import { showKeys } from "../../widgets/keys";
import { actionLabel } from "../menus/items";
import { setSession, useSession } from "../session";
import { Dialog } from "./Dialog";
import { useChosen } from "./useChosen";

const close = () => setSession({ palette: false });

/** Every action by its name. */
export function Palette() {
  const open = useSession((session) => session.palette);
  return open && <PaletteBox />;
}

function PaletteBox() {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState("");
  const type = (next: string) => {
    setText(next);
    setChosen("");
  };
  const actions = useActions((known) => known.actions);
  const named = [...actions.values()].filter(
    ({ id, section }) => section !== undefined && id !== "palette" && i18n.exists(`actions.${id}`),
  );
  const found = ranked(named, text, (action) => actionLabel(t, action));
  const listed =
    text.trim() === "" ? SECTIONS.flatMap((name) => found.filter(({ section }) => section === name)) : found;
  const [value, setChosen] = useChosen(listed.map(({ id }) => id));
  return (
    <Dialog label={t("palette.label")} className="palette" onClose={close}>
      <Command
        label={t("palette.label")}
        shouldFilter={false}
        vimBindings={false}
        loop
        value={value}
        onValueChange={setChosen}
        data-testid="palette"
      >
        <div className="search-box">
          <Search className="icon" />
          <Command.Input autoFocus value={text} onValueChange={type} placeholder={t("palette.placeholder")} />
        </div>
        <Command.List className="hits" label={t("palette.label")}>
          {text.trim() !== "" && found.map((action) => <Row key={action.id} action={action} />)}
          {SECTIONS.map((section) => {
            const members = text.trim() === "" ? found.filter((each) => each.section === section) : [];
            return (
              members.length > 0 && (
                <Command.Group key={section} heading={t(`sections.${section}`)}>
                  {members.map((action) => (
                    <Row key={action.id} action={action} />
                  ))}
                </Command.Group>
              )
            );
          })}
          {found.length === 0 && <p className="muted panel-hint">{t("palette.nothing", { text })}</p>}
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Row({ action }: { readonly action: Action }) {
  const { t } = useTranslation();
  const enabled = action.enabled?.() !== false;
  return (
    <Command.Item
      className="hit"
      value={action.id}
      disabled={!enabled}
      onSelect={() => {
        close();
        // the window closes first and gives the keyboard back
        requestAnimationFrame(() => action.run());
      }}
    >
      <span className="grow clip">{actionLabel(t, action)}</span>
      {action.keys[0] !== undefined && <kbd>{showKeys(action.keys[0])}</kbd>}
    </Command.Item>
  );
}

/** The actions whose names match, the best first; what cannot be done now comes last. */
function ranked(actions: readonly Action[], text: string, label: (action: Action) => string): readonly Action[] {
  const typed = text.trim();
  if (typed === "") return actions;
  return actions
    .flatMap((action) => {
      // other words for it are often in its id, such as "export"
      const score = fuzzy(typed, label(action))?.score ?? (action.id.startsWith(typed.toLowerCase()) ? 0 : undefined);
      return score === undefined ? [] : [{ action, score: score - (action.enabled?.() === false ? 100 : 0) }];
    })
    .sort((one, other) => other.score - one.score)
    .map(({ action }) => action);
}
