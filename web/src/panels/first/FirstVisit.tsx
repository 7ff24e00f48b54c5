import { FileText, FolderOpen, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { load, useLibrary } from "../../state/library";
import { goTo } from "../../state/place";
import type { WorkflowEntry } from "../../wire/schema.gen";
import { newTab } from "../bar/openTabs";
import { descriptionOf, openEntry, pictureOf, titleOf } from "../library/entries";
import { pickFiles } from "../library/importing";
import { Blocks } from "../parts/Blocks";
import { Drafts } from "./Drafts";

/** The templates that one would begin with; the rest lie in the library. */
const FIRST = ["txt2img", "img2img", "inpaint", "hires-fix", "sample-steps", "cfg-sweep"];

/** What is shown while no workflow is open: templates, an empty graph, or a file. */
export function FirstVisit() {
  const { t } = useTranslation();
  const { workflows, loaded, trouble } = useLibrary();
  const templates = workflows.filter((each) => each.template);
  const first = FIRST.flatMap((name) => templates.find((each) => each.name === name) ?? []);
  return (
    <div className="first-visit" data-area="first">
      <div className="first-sheet">
        <h1>{t("first.title")}</h1>
        <p className="lead">{t("first.lead")}</p>
        {!loaded && !trouble && <Blocks shape="cards" />}
        {!loaded && trouble && (
          <p>
            {t("first.trouble")}{" "}
            <button type="button" className="btn" onClick={() => void load()}>
              {t("tryAgain")}
            </button>
          </p>
        )}
        <Drafts />
        <ul className="cards" aria-label={t("templates")}>
          {(first.length > 0 ? first : templates.slice(0, 6)).map((entry) => (
            <TemplateCard key={entry.name} entry={entry} />
          ))}
        </ul>
        <div className="row wrap">
          <button type="button" className="btn large" onClick={newTab}>
            <Plus className="icon sm" /> {t("first.empty")}
          </button>
          <button type="button" className="btn large" onClick={pickFiles}>
            <FolderOpen className="icon sm" /> {t("first.open")}
          </button>
          {templates.length > first.length && (
            <button type="button" className="btn large quiet" onClick={() => goTo({ panel: "workflows" })}>
              {t("first.all", { count: templates.length })}
            </button>
          )}
          <span className="muted">{t("first.drop")}</span>
        </div>
      </div>
    </div>
  );
}

function TemplateCard({ entry }: { readonly entry: WorkflowEntry }) {
  const picture = pictureOf(entry);
  return (
    <li>
      <button type="button" className="card" data-workflow={entry.name} onClick={() => openEntry(entry)}>
        <span className="card-top">
          {picture !== null ? <img src={picture} alt="" /> : <FileText className="icon" />}
        </span>
        <span className="card-words">
          <strong>{titleOf(entry)}</strong>
          <span>{descriptionOf(entry)}</span>
        </span>
      </button>
    </li>
  );
}
