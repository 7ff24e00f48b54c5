import { useTranslation } from "react-i18next";

import type { Refusal } from "../graph/values/number";

/** Why a text is no number that the field takes, in words. */
export function useRefusal(): (refusal: Refusal) => string {
  const { t } = useTranslation();
  return (refusal) => {
    switch (refusal.code) {
      case "empty":
      case "not-a-number":
        return t("widget.notANumber");
      case "not-whole":
        return t("widget.notWhole");
      case "by-zero":
        return t("widget.byZero");
      case "too-large":
        return t("widget.tooLarge");
      case "below":
        return t("widget.below", { limit: refusal.limit });
      case "above":
        return t("widget.above", { limit: refusal.limit });
    }
  };
}
