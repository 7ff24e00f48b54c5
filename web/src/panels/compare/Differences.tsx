import { useTranslation } from "react-i18next";

import { changesResult, type Difference } from "../../graph/compare";
import { isLiteral, linksOf, type Link, type Value } from "../../graph/document/model";
import { valueText } from "../../graph/document/write";
import { portLabel } from "../../graph/types/signature";
import { wordsApart, type Piece } from "./wordsApart";

/** What a single output is called, which says nothing. */
const ONLY_OUTPUT = "out";

interface Props {
  readonly differences: readonly Difference[];
  /** What the two sides are called. */
  readonly labels: readonly [string, string];
  /** What to say where there is no difference. */
  readonly same: string;
}

/** What differs between two workflows, input by input, texts word by word. */
export function Differences({ differences, labels, same }: Props) {
  const { t } = useTranslation();
  const told = differences.filter(({ kind }) => kind !== "drawing");
  const drawn = differences.length > told.length;
  if (differences.length === 0) return <p className="muted">{same}</p>;
  return (
    <div className="differences">
      {told.map((each) => (
        <section key={keyOf(each)} className={changesResult(each) ? "" : "plain"}>
          <h3>
            <Title difference={each} />
          </h3>
          <Sides difference={each} labels={labels} />
        </section>
      ))}
      {drawn && <p className="muted">{t(told.length > 0 ? "differ.drawingToo" : "differ.drawingOnly")}</p>}
    </div>
  );
}

function Title({ difference: each }: { readonly difference: Difference }) {
  const { t } = useTranslation();
  switch (each.kind) {
    case "node-added":
    case "node-removed":
    case "subgraph-added":
    case "subgraph-removed":
      return t(`differ.${each.kind}`, { name: nameAt(each.path) });
    case "input":
      return `${nameAt(each.path)}, ${portLabel(each.input)}`;
    case "port":
      return t(`differ.${each.side}`, { name: each.name });
    case "name":
    case "description":
      return t(`differ.${each.kind}`);
    case "title":
      return `${nameAt(each.path)}, ${t("differ.title_of")}`;
    case "type":
    case "mode":
      return `${nameAt(each.path)}, ${t(`differ.${each.kind}`)}`;
    case "drawing":
      return null;
  }
}

function Sides({ difference: each, labels }: { readonly difference: Difference; readonly labels: Props["labels"] }) {
  const { t } = useTranslation();
  if (!("before" in each)) return null;
  const wired = [each.before, each.after].some((value) => value !== undefined && !isText(value) && !isLiteral(value));
  const none = t(each.kind === "input" && !wired ? "differ.default" : "differ.none");
  const text = (value: Value | undefined) =>
    value === undefined || value === null
      ? none
      : isText(value)
        ? value
        : isLiteral(value)
          ? valueText(value)
          : linkText(value);
  const [before, after] = wordsApart(text(each.before), text(each.after));
  return (
    <dl className="sides">
      <dt>{labels[0]}</dt>
      <dd>
        <Pieces pieces={before} />
      </dd>
      <dt>{labels[1]}</dt>
      <dd>
        <Pieces pieces={after} />
      </dd>
    </dl>
  );

  function linkText(value: Value): string {
    return t("differ.link", { from: linksOf(value).map(sourceName).join(", ") });
  }
}

function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return pieces.map(({ text, own }, index) =>
    own ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
  );
}

/** The node that gives it; its output as well where that has a name of its own. */
function sourceName({ node, output }: Link): string {
  return output === ONLY_OUTPUT ? node : `${node}, ${portLabel(output)}`;
}

function isText(value: Value): value is string {
  return typeof value === "string";
}

function nameAt(path: string): string {
  return path.replace(/^subgraph:/, "");
}

function keyOf(each: Difference): string {
  return [each.kind, each.path, "input" in each ? each.input : "name" in each ? each.name : ""].join(" ");
}
