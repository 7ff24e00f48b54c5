import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { LANGUAGES, type Language } from "../../i18n";
import { fetchSystem } from "../../state/api/files";
import { useConnection } from "../../state/connection";
import { attempt } from "../../state/notices";
import { change, useSettings } from "../../state/settings";
import type { System } from "../../wire/schema.gen";
import { Dialog } from "../parts/Dialog";
import { LogOut } from "./LogOut";

/** What a person chooses for this browser, and what the server is. */
export function SettingsDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { theme, motion, language, snap, drag, wheel, map } = useSettings();
  return (
    <Dialog title={t("settings")} size="medium" onClose={onClose}>
      <Group title={t("settingsView.look")}>
        <Choice
          label={t("settingsView.theme")}
          value={theme}
          options={{ system: t("theme_system"), dark: t("theme_dark"), light: t("theme_light") }}
          onPick={(value) => change({ theme: value })}
        />
        <Choice<Language | "auto">
          label={t("settingsView.language")}
          value={language ?? "auto"}
          options={{ auto: t("settingsView.auto"), ...LANGUAGES }}
          onPick={(value) => change({ language: value === "auto" ? null : value })}
        />
        <Choice
          label={t("settingsView.motion")}
          value={motion}
          options={{ system: t("settingsView.auto"), reduced: t("settingsView.motionNone") }}
          onPick={(value) => change({ motion: value })}
        />
      </Group>
      <Group title={t("settingsView.canvas")}>
        <Choice
          label={t("settingsView.drag")}
          value={drag}
          options={{ view: t("settingsView.dragView"), frame: t("settingsView.dragFrame") }}
          onPick={(value) => change({ drag: value })}
        />
        <Choice
          label={t("settingsView.wheel")}
          value={wheel}
          options={{ zoom: t("settingsView.wheelZoom"), scroll: t("settingsView.wheelScroll") }}
          onPick={(value) => change({ wheel: value })}
        />
        <Switch label={t("settingsView.snap")} on={snap} onChange={(on) => change({ snap: on })} />
        <Switch label={t("settingsView.map")} on={map} onChange={(on) => change({ map: on })} />
      </Group>
      <Account />
      <About />
    </Dialog>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="settings-group">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: Readonly<Record<T, string>>;
  readonly onPick: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onPick }: ChoiceProps<T>) {
  return (
    <label className="setting">
      <span className="grow">{label}</span>
      <span className="input">
        <select value={value} onChange={(event) => onPick(event.currentTarget.value as T)}>
          {Object.entries<string>(options).map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </select>
      </span>
    </label>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

function Switch({ label, on, onChange }: SwitchProps) {
  return (
    <label className="setting">
      <span className="grow">{label}</span>
      <input
        type="checkbox"
        role="switch"
        className="switch"
        checked={on}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}

function Account() {
  const { t } = useTranslation();
  const me = useConnection((connection) => connection.me);
  if (!me) return null;
  return (
    <Group title={t("settingsView.account")}>
      <div className="setting">
        <span className="grow">{t(me.admin ? "settingsView.admin" : "settingsView.user", { name: me.name })}</span>
        <LogOut />
      </div>
    </Group>
  );
}

function About() {
  const { t } = useTranslation();
  const [system, setSystem] = useState<System | undefined>(undefined);
  useEffect(() => void attempt("loadSystem", fetchSystem).then(setSystem), []);
  const rows = system
    ? [
        [t("app"), system.version],
        ["Python", system.platform.python],
        [t("settingsView.system"), `${system.platform.system}, ${system.platform.machine}`],
        [t("settingsView.devices"), system.devices.join(", ")],
        [t("settingsView.packs"), system.packs.map((pack) => `${pack.name} ${pack.version}`).join(", ")],
        ...Object.entries(system.libraries),
      ]
    : [];
  return (
    <Group title={t("settingsView.about")}>
      <dl className="about">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Group>
  );
}
