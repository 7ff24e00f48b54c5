import { useTranslation } from "react-i18next";

import type { Hit } from "../../graph/search";
import { outputLabel, portLabel } from "../../graph/types/signature";
import { socketClass } from "../../widgets/socket";
import type { Held } from "../session";

const MOST = 4;

/** What a node does and which ports it has, before it is added. */
export function Preview({ hit, held }: { readonly hit: Hit; readonly held: Held | null }) {
  const { t } = useTranslation();
  const { type, label, port } = hit;
  const inputs = type.inputs.filter((each) => each.widget === null || (held?.kind === "out" && each.name === port));
  const fields = type.inputs.length - inputs.length;
  return (
    <div className="preview">
      <div className="grow">
        <h3 className="clip">{label}</h3>
        <p>{helpOf()}</p>
        {fields > 0 && <p className="muted">{t("fields", { count: fields })}</p>}
      </div>
      <ul>
        {inputs.slice(0, MOST).map((each) => (
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
        {type.outputs.slice(0, Math.max(1, 2 * MOST - 2 - inputs.length)).map((each) => (
          <li key={each.name}>
            <i
              className={`glyph ${held?.kind === "in" && each.name === port ? "" : "free "}${socketClass(each.type)}`}
              aria-hidden
            />
            <span className="clip">{outputLabel(each, type.outputs.length === 1)}</span>
            <span className="what">{t("search.output")}</span>
          </li>
        ))}
      </ul>
    </div>
  );

  function helpOf(): string {
    const [first = ""] = type.description.split("\n\n");
    if (first !== "") return first;
    if (type.category === "library") return t("search.library");
    return type.category === "subgraphs" ? t("search.subgraph") : type.category;
  }
}
