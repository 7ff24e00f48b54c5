/** The words of the page. English is the source; every other language has each of its keys, or does not compile. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import { de } from "./de";
import { en } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

/** The language of the browser where it is one of ours, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const each of wanted) {
    const language = each.split("-")[0];
    if (language === "en" || language === "de") return language;
  }
  return "en";
}

export async function startTexts(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    showSupportNotice: false,
    resources: { en: { translation: en }, de: { translation: de } },
    interpolation: { escapeValue: false }, // React escapes
  });
  document.documentElement.lang = language;
}

/** Go on in another language. */
export async function speak(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
