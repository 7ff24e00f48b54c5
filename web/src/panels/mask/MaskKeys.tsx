import { useTranslation } from "react-i18next";

/** The keys that are worth knowing while painting. */
export function MaskKeys({ runs }: { readonly runs: boolean }) {
  const { t } = useTranslation();
  const keys = [
    ["[ ]", t("masking.keySize")],
    ["Shift [ ]", t("masking.keyHardness")],
    ["Alt", t("masking.keyErase")],
    ["X", t("masking.keyInvert")],
    [t("masking.space"), t("masking.keyMove")],
    ["Ctrl ↵", t(runs ? "masking.keyRun" : "masking.keyUse")],
  ] as const;
  return (
    <footer className="mask-keys">
      {keys.map(([key, does]) => (
        <span key={key}>
          <kbd>{key}</kbd> {does}
        </span>
      ))}
    </footer>
  );
}
