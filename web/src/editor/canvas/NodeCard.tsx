import type { NodeProps } from "@xyflow/react";
import { memo, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

import { isLiteral, linksOf, type Literal, type Node } from "../../graph/document/model";
import { HEAD, portId, type FieldPlace } from "../../graph/geometry";
import { useNodeProblems } from "../../state/problems";
import { useIsSelected, useNode, usePath } from "../../state/stage";
import { useStandings, type Standing } from "../../state/standing";
import { Field } from "../../widgets/Field";
import { takesPictures } from "../../widgets/files";
import type { ProblemItem } from "../../wire/schema.gen";
import { classNames } from "../classNames";
import { useRing } from "../ring";
import { setSession, useSession } from "../session";
import { CardFoot } from "./CardFoot";
import { CardHead, titleOf } from "./CardHead";
import { CardPicture } from "./CardPicture";
import type { CardNode } from "./flow";
import { Port } from "./Port";
import { useIsFaded } from "./usePortState";

/** A node as it lies on the canvas. Its values come from the document, its state from the run: neither is in React Flow's nodes. */
export const NodeCard = memo(function NodeCard({ data }: NodeProps<CardNode>) {
  const { item } = data;
  const { name, shape, view } = item;
  const { t } = useTranslation();
  const card = useRef<HTMLElement>(null);
  const node = useNode(name);
  const path = usePath(name);
  const standing = useShownStanding(path);
  const [faulty, found] = [standing?.kind === "error" ? standing.input : null, useNodeProblems(path)];
  const meant = useRing((ring) => (ring.node === name ? ring.time : 0));
  const selected = useIsSelected(name);
  const current = useSession((session) => session.current === name);
  const faded = useIsFaded(name, shape.ports);
  useFocus(name, card);
  if (!node) return null;
  return (
    <article
      ref={card}
      data-node={name}
      data-testid={`node-${name}`}
      tabIndex={current ? 0 : -1}
      className={classNames("node", stateClass(standing, node), selected && "is-selected", faded && "is-faded")}
      style={{ width: shape.width, height: shape.height }}
      aria-label={describe()}
      aria-current={selected}
      onFocus={(event) => {
        if (event.target === event.currentTarget) setSession({ current: name });
      }}
    >
      <CardHead item={item} node={node} />
      {shape.ports.map((port, index) => (
        <Port
          key={portId(port)}
          node={name}
          port={port}
          collapsed={shape.collapsed}
          current={current}
          drawn={!shape.collapsed || shape.ports.findIndex(({ side }) => side === port.side) === index}
        />
      ))}
      {!shape.collapsed && node.mode === "bypass" && <i className="through" style={{ top: HEAD + 16 }} />}
      {shape.fields.map((field) => (
        <div
          key={field.input.name}
          className="field-place"
          data-input={field.input.linkable ? field.input.name : undefined}
          style={{ top: field.y }}
        >
          <Field
            node={name}
            input={field.input}
            value={literalAt(node, field)}
            source={linksOf(node.inputs.get(field.input.name))[0]?.node ?? null}
            height={field.height}
            seedRule={view.seeds.get(field.input.name) ?? null}
            faulty={faulty === field.input.name || found.some((each) => isAt(each, path, field.input.name))}
          />
        </div>
      ))}
      {shape.picture && <CardPicture path={path} file={loadedBy(node, shape.fields)} place={shape.picture} />}
      {meant > 0 && <i key={meant} className="ring" aria-hidden />}
      <CardFoot standing={standing} mode={node.mode} />
      {!shape.collapsed && <i className="resize" data-resize title={t("node.resize")} />}
    </article>
  );

  function describe(): string {
    const words: string[] = [
      t("node.describe", { title: node ? titleOf(item, node) : name, type: item.signature.label }),
    ];
    if (node?.mode === "mute") words.push(t("node.muted"));
    if (node?.mode === "bypass") words.push(t("node.bypassed"));
    if (view.pinned) words.push(t("node.pinned"));
    return words.join(", ");
  }
});

/** How it stands in the run; what keeps it from running at all comes before what an earlier run did. */
function useShownStanding(path: string): Standing | null {
  const standing = useStandings(({ nodes }) => nodes.get(path)) ?? null;
  const [problem] = useNodeProblems(path);
  const works = standing?.kind === "running" || standing?.kind === "queued";
  return useMemo(() => {
    if (!problem || works) return standing;
    return { kind: "error", message: problem.message, input: problem.node === path ? (problem.input ?? null) : null };
  }, [standing, problem, works, path]);
}

function isAt(problem: ProblemItem, path: string, input: string): boolean {
  return problem.node === path && problem.input === input;
}

/** Take the keyboard when an action has asked for it. */
function useFocus(name: string, card: React.RefObject<HTMLElement | null>): void {
  const wish = useSession(({ focus }) => (focus?.node === name ? focus : null));
  useEffect(() => {
    if (!wish || !card.current) return;
    const port = wish.port === null ? null : card.current.querySelector(`[data-port="${CSS.escape(wish.port)}"]`);
    (port instanceof HTMLElement ? port : card.current).focus({ preventScroll: true });
    setSession({ focus: null });
  }, [wish, card]);
}

function literalAt(node: Node, { input }: FieldPlace): Literal | undefined {
  const written = node.inputs.get(input.name);
  return isLiteral(written) ? written : input.default;
}

/** The picture file that a node takes, or null. */
function loadedBy(node: Node, fields: readonly FieldPlace[]): string | null {
  const field = fields.find(
    ({ input: { widget } }) => widget?.kind === "file" && takesPictures(widget.folder, widget.suffixes),
  );
  const name = field && literalAt(node, field);
  return typeof name === "string" && name !== "" ? name : null;
}

function stateClass(standing: Standing | null, node: Node): string {
  if (node.mode === "mute") return "is-muted";
  if (node.mode === "bypass") return standing?.kind === "error" ? "is-bypassed is-error" : "is-bypassed";
  return standing ? `is-${standing.kind}` : "";
}
