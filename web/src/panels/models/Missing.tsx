import { ArrowRight, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { repairsFor } from "../../graph/repair";
import { edit } from "../../state/documents";
import type { WantedFile } from "../../state/models";
import { useProblemList } from "../../state/problems";
import { useRegistry } from "../../state/registry";
import { reveal } from "../../state/reveal";
import { useActive } from "../../state/stage";
import type { ProblemItem } from "../../wire/schema.gen";

/** What the open workflow names and nobody has, with the way out. */
export function Missing({ missing }: { readonly missing: readonly WantedFile[] }) {
  const { t } = useTranslation();
  const problems = useProblemList();
  return (
    <section>
      <h3 className="section">{t("modelsView.missing")}</h3>
      <ul className="stack">
        {missing.map(({ folder, name }) => (
          <MissingFile
            key={`${folder}/${name}`}
            folder={folder}
            name={name}
            problem={problems.find((each) => each.message.includes(name)) ?? null}
          />
        ))}
      </ul>
    </section>
  );
}

interface FileProps extends WantedFile {
  readonly problem: ProblemItem | null;
}

function MissingFile({ folder, name, problem }: FileProps) {
  const { t } = useTranslation();
  const workflow = useActive()?.history.present;
  const registry = useRegistry((known) => known.registry);
  const repairs = workflow && problem ? repairsFor(workflow, registry, problem) : [];
  return (
    <li className="problem" data-missing={name}>
      <div className="where">
        <TriangleAlert className="icon sm" />
        <span>{folder}</span>
      </div>
      <p className="message break">{t("modelsView.isMissing", { name })}</p>
      <p className="hint">{problem?.hint ?? t("modelsView.missingHint", { folder })}</p>
      {problem && (
        <div className="acts">
          {problem.node && (
            <button type="button" className="btn" onClick={() => reveal(problem.node ?? "", problem.input ?? null)}>
              {t("problemsView.goTo")} <ArrowRight className="icon sm" />
            </button>
          )}
          {repairs.map((repair) => (
            <button
              key={repair.what}
              type="button"
              className="btn quiet clip"
              onClick={() => edit("repair", repair.apply)}
            >
              {t("problemsView.use", { what: repair.what })}
            </button>
          ))}
        </div>
      )}
    </li>
  );
}
