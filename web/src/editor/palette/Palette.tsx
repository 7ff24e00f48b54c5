import { Command } from "cmdk";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../../graph/search";
import { SECTIONS, useActions, type Action } from "../../state/actions";
import { showKeys } from "../../widgets/keys";
import { actionLabel } from "../menus/items";
import { setSession, useSession } from "../session";
import { Finder, Nothing } from "./Finder";

const close = () => setSession({ palette: false });

/** Every action by its name. */
export function Palette() {
  const open = useSession((session) => session.palette);
  return open && <PaletteBox />;
}

function PaletteBox() {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState("");
  const actions = useActions((known) => known.actions);
  const named = [...actions.values()].filter(
    ({ id, section }) => section !== undefined && id !== "palette" && i18n.exists(`actions.${id}`),
  );
  const found = ranked(named, text, (action) => actionLabel(t, action));
  const listed =
    text.trim() === "" ? SECTIONS.flatMap((name) => found.filter(({ section }) => section === name)) : found;
  return (
    <Finder
      label={t("palette.label")}
      placeholder={t("palette.placeholder")}
      text={text}
      onText={setText}
      listed={listed.map(({ id }) => id)}
      onClose={close}
      testId="palette"
    >
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
      {found.length === 0 && <Nothing>{t("palette.nothing", { text })}</Nothing>}
    </Finder>
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
