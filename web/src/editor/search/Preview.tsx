import { useTranslation } from "react-i18next";

import type { Hit } from "../../graph/search";
import { summaryOf } from "../../graph/types/nodeType";
import { outputLabel, portLabel } from "../../graph/types/signature";
import { socketClass } from "../../widgets/socket";
import type { Held } from "../session";

/** So many ports are shown; of a node with more, one line less and how many more there are. */
const ROWS = 4;

/** What a node does and which ports it has, before it is added. */
export function Preview({ hit, held }: { readonly hit: Hit; readonly held: Held | null }) {
  const { t } = useTranslation();
  const { type, label, port } = hit;
  const fed = held?.kind === "out" ? type.inputs.filter((each) => each.name === port) : [];
  const inputs = [...fed, ...type.inputs.filter((each) => each.widget === null && !fed.includes(each))];
  const fields = type.inputs.length - inputs.length;
  const rows = inputs.length + type.outputs.length > ROWS ? ROWS - 1 : ROWS;
  const first = inputs.slice(0, type.outputs.length > 0 ? rows - 1 : rows);
  const last = type.outputs.slice(0, rows - first.length);
  const more = inputs.length + type.outputs.length - first.length - last.length;
  return (
    <div className="preview">
      <div className="grow">
        <h3 className="clip">{label}</h3>
        <p>{helpOf()}</p>
        {fields > 0 && <p className="muted">{t("fields", { count: fields })}</p>}
      </div>
      <ul>
        {first.map((each) => (
          <li key={each.name}>
            <i
              className={`glyph ${held?.kind === "out" && each.name === port ? "" : "free "}${socketClass(each.type)}`}
              aria-hidden
            />
            <span className="clip">{portLabel(each.name)}</span>
            {each.required && each.widget === null && !(held?.kind === "out" && each.name === port) && (
              <span className="what">{t("search.needsLink")}</span>
            )}
          </li>
        ))}
        {last.map((each) => (
          <li key={each.name}>
            <i
              className={`glyph ${held?.kind === "in" && each.name === port ? "" : "free "}${socketClass(each.type)}`}
              aria-hidden
            />
            <span className="clip">{outputLabel(each, type.outputs.length === 1)}</span>
            <span className="what">{t("search.output")}</span>
          </li>
        ))}
        {more > 0 && <li className="muted">{t("search.more", { count: more })}</li>}
      </ul>
    </div>
  );

  function helpOf(): string {
    const summary = summaryOf(type);
    if (summary !== "") return summary;
    if (type.category === "library") return t("search.library");
    return type.category === "subgraphs" ? t("search.subgraph") : type.category;
  }
}
