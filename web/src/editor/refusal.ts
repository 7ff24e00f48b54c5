import type { TFunction } from "i18next";

import type { Refusal } from "../graph/connect";
import { portLabel } from "../graph/types/signature";

/** Why a link cannot be made, in a sentence. */
export function refusalText(t: TFunction, refusal: Refusal): string {
  const name = portLabel("input" in refusal.at ? refusal.at.input : refusal.at.output);
  switch (refusal.code) {
    case "type-mismatch":
      return t("refusal.type", { have: refusal.have, want: refusal.want, name });
    case "cycle":
      return t("refusal.cycle");
    case "takes-no-link":
      return t("refusal.noLink", { name });
    case "linked-already":
      return t("refusal.linked", { name });
    case "unknown-port":
      return name === "" ? t("refusal.noPort") : t("refusal.unknown", { name });
  }
}
