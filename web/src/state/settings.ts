/** What a person has chosen for this browser. */

import { useSyncExternalStore } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "system" | "dark" | "light";

interface Settings {
  readonly theme: Theme;
  readonly dock: boolean;
  readonly map: boolean;
  readonly snap: boolean;
}

export const useSettings = create<Settings>()(
  persist((): Settings => ({ theme: "system", dock: true, map: true, snap: false }), { name: "graphflow.settings" }),
);

export function change(settings: Partial<Settings>): void {
  useSettings.setState(settings);
}

/** Keep the page in the chosen theme, also when the system's changes. Returns how to stop. */
export function followTheme(): () => void {
  const system = matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    const { theme } = useSettings.getState();
    const light = theme === "light" || (theme === "system" && system.matches);
    document.documentElement.dataset.theme = light ? "light" : "dark";
  };
  apply();
  const stop = useSettings.subscribe(apply);
  system.addEventListener("change", apply);
  return () => {
    stop();
    system.removeEventListener("change", apply);
  };
}

/** Changes whenever the colours do, for what is painted rather than styled. */
export function useTheme(): string {
  return useSyncExternalStore(watchTheme, () => document.documentElement.dataset.theme ?? "dark");
}

function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}
