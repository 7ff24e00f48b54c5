import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { changesResult, compareWorkflows } from "../../graph/compare";
import { useMade } from "../../state/facts";
import type { Artifact } from "../../wire/schema.gen";
import { Blocks } from "../parts/Blocks";
import { Differences } from "./Differences";

/** What was set differently for two pictures. */
export function WhatDiffers({ a, b }: { readonly a: Artifact; readonly b: Artifact }) {
  const { t } = useTranslation();
  const [one, other] = [useMade(a.job), useMade(b.job)];
  const differences = useMemo(
    () => (one && other ? compareWorkflows(one.workflow, other.workflow).filter(changesResult) : null),
    [one, other],
  );
  return (
    <section className="what-differs">
      <h2>{t("differ.title")}</h2>
      {differences === null ? (
        <Blocks shape="rows" count={3} />
      ) : (
        <Differences
          differences={differences}
          labels={["A", "B"]}
          same={t(a.job === b.job ? "differ.sameJob" : "differ.sameWorkflow")}
        />
      )}
    </section>
  );
}
