/** What a person has chosen for this browser. */

import { useSyncExternalStore } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";

import { preferredLanguage, speak, type Language } from "../i18n";

export type Theme = "system" | "dark" | "light";
export type Motion = "system" | "reduced";

interface Settings {
  readonly theme: Theme;
  readonly motion: Motion;
  /** Null follows the browser. */
  readonly language: Language | null;
  readonly dock: boolean;
  readonly map: boolean;
  readonly snap: boolean;
  /** What dragging the bare canvas does; Shift draws a frame in any case. */
  readonly drag: "view" | "frame";
  /** What the wheel does: a touchpad scrolls, a mouse zooms. */
  readonly wheel: "zoom" | "scroll";
}

export const useSettings = create<Settings>()(
  persist(
    (): Settings => ({
      theme: "system",
      motion: "system",
      language: null,
      dock: true,
      map: true,
      snap: false,
      drag: "view",
      wheel: "zoom",
    }),
    { name: "graphflow.settings" },
  ),
);

export function change(settings: Partial<Settings>): void {
  useSettings.setState(settings);
}

/** Should nothing glide, because it was set so here or in the system? */
export function isStill(): boolean {
  return useSettings.getState().motion === "reduced" || matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The language that was chosen, else the browser's. */
export function chosenLanguage(): Language {
  return useSettings.getState().language ?? preferredLanguage(navigator.languages);
}

/** Speak the chosen language from now on. Returns how to stop. */
export function followLanguage(): () => void {
  return useSettings.subscribe(({ language }, before) => {
    if (language !== before.language) void speak(chosenLanguage());
  });
}

/** Keep the page in the chosen theme, also when the system's changes. Returns how to stop. */
export function followTheme(): () => void {
  const system = matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    const { theme, motion } = useSettings.getState();
    document.documentElement.dataset.motion = motion;
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
