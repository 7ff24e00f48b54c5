import { ArrowRight, TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { resolve } from "../../graph/document/graphs";
import type { Workflow } from "../../graph/document/model";
import { repairsFor, type Repair } from "../../graph/repair";
import type { Registry } from "../../graph/types/nodeType";
import { portLabel, signatureOf } from "../../graph/types/signature";
import { edit } from "../../state/documents";
import { useRegistry } from "../../state/registry";
import { reveal, useRevealed } from "../../state/reveal";
import { useActive } from "../../state/stage";
import type { ProblemItem } from "../../wire/schema.gen";
import { useProblems } from "./useProblems";

/** What keeps the graph from running, each with the way to it and, where it can be known, the way out. */
export function ProblemsPanel() {
  const { t } = useTranslation();
  const problems = useProblems();
  const workflow = useActive()?.history.present;
  if (!workflow || problems.length === 0) return <p className="muted panel-hint">{t("noProblems")}</p>;
  return (
    <>
      <h3 className="section">{t("problemsView.keep", { count: problems.length })}</h3>
      <ul className="stack" aria-label={t("problems")}>
        {problems.map((problem, index) => (
          <ProblemCard
            key={`${problem.code} ${problem.node ?? ""} ${problem.input ?? ""} ${index}`}
            problem={problem}
            workflow={workflow}
          />
        ))}
      </ul>
    </>
  );
}

function ProblemCard({ problem, workflow }: { readonly problem: ProblemItem; readonly workflow: Workflow }) {
  const { t } = useTranslation();
  const registry = useRegistry((known) => known.registry);
  const repairs = useMemo(() => repairsFor(workflow, registry, problem), [workflow, registry, problem]);
  const on = useRevealed(
    ({ node, input }) => node !== null && node === problem.node && input === (problem.input ?? null),
  );
  const place = problem.node ? resolve(workflow, problem.node) : null;
  return (
    <li className={`problem${on ? " on" : ""}`} data-code={problem.code} data-node={problem.node ?? undefined}>
      {problem.node ? (
        <div className="where">
          <TriangleAlert className="icon sm" />
          <span className="clip">{titleAt(workflow, registry, problem.node)}</span>
          {problem.input ? <span className="muted clip">{portLabel(problem.input)}</span> : null}
        </div>
      ) : null}
      <p className="message">{problem.message}</p>
      {problem.hint ? <p className="hint">{problem.hint}</p> : null}
      {(place ?? repairs.length > 0) && (
        <div className="acts">
          {place && (
            <button type="button" className="btn" onClick={() => reveal(problem.node ?? "", problem.input ?? null)}>
              {t("problemsView.goTo")} <ArrowRight className="icon sm" />
            </button>
          )}
          {repairs.map((repair) => (
            <RepairButton key={`${repair.kind} ${repair.what}`} repair={repair} />
          ))}
        </div>
      )}
    </li>
  );
}

function RepairButton({ repair }: { readonly repair: Repair }) {
  const { t } = useTranslation();
  const label = t(repair.kind === "use" ? "problemsView.use" : "problemsView.link", { what: repair.what });
  return (
    <button type="button" className="btn quiet clip" title={label} onClick={() => edit("repair", repair.apply)}>
      {label}
    </button>
  );
}

function titleAt(workflow: Workflow, registry: Registry, path: string): string {
  const place = resolve(workflow, path);
  if (!place) return path;
  return place.node.title ?? signatureOf(workflow, place.scope, place.name, registry).label;
}
