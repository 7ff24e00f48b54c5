import type { TFunction } from "i18next";

import type { Why } from "../graph/run/why";
import { portLabel } from "../graph/types/signature";

const SHOWN = 2;

/** Why a node was computed, in a few words. */
export function whyText(t: TFunction, why: Why): string {
  switch (why.kind) {
    case "inputs":
      return t("why.inputs", { names: short(why.inputs) });
    case "upstream":
      return t("why.upstream", { names: short(why.nodes.map((path) => path.split("/").at(-1) ?? path)) });
    default:
      return t(`why.${why.kind}`);
  }
}

function short(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(portLabel).join(", ");
  return names.length > SHOWN ? `${shown} …` : shown;
}
