import { memo, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { graphAt } from "../../graph/document/graphs";
import { linksOf, sameInput, sameOutput } from "../../graph/document/model";
import { disconnect, disconnectOutput } from "../../graph/edit/links";
import { portId, type PortPlace } from "../../graph/geometry";
import { activeDocument, edit, scopeOf, useDocuments } from "../../state/documents";
import { outputKey } from "../../state/scene";
import { useInputProblem } from "../../state/problems";
import { useNode, usePath, useStage } from "../../state/stage";
import { useStandings } from "../../state/standing";
import { socketClass } from "../../widgets/socket";
import { scene } from "../here";
import { openPortList } from "../search/openPortList";
import { setSession } from "../session";
import { classNames } from "../classNames";
import { usePortState, type LinkState } from "./usePortState";

interface Props {
  readonly node: string;
  readonly port: PortPlace;
  readonly collapsed: boolean;
  /** Its node is the one that the keyboard is at: then the ports of its fields can be reached too. */
  readonly current: boolean;
  /** A collapsed node draws one port on each side: the others lie under it. */
  readonly drawn: boolean;
}

/** A port: where links are dragged from and to, and listed by Enter. That of a field is there once it is wanted. */
export const Port = memo(function Port(props: Props) {
  const { node, port, collapsed, current } = props;
  const state = usePortState(node, port);
  const linked = useLinked(node, port);
  const hidden = port.field && !linked && !collapsed;
  const wanted = state === "fits" || state === "over";
  if (hidden && !current && !wanted) return null;
  return <PortMark {...props} state={state} linked={linked} quiet={hidden && !wanted} />;
});

interface MarkProps extends Props {
  readonly state: LinkState;
  readonly linked: boolean;
  readonly quiet: boolean;
}

function PortMark({ node, port, collapsed, drawn, state, linked, quiet }: MarkProps) {
  const { side, type, label, field } = port;
  const named = useOuterName(node, port) !== null;
  const words = useWords(node, port);
  const faulty = useFaulty(node, port);
  const classes = classNames(
    "port",
    side,
    socketClass(type),
    linked && "linked",
    field && "of-field",
    !drawn && "undrawn",
    quiet && "quiet",
    named && "named",
    faulty && "faulty",
    state,
  );
  return (
    <div className={classes} style={{ top: port.y - 12 }}>
      <button
        type="button"
        className="port-hit"
        data-port={portId(port)}
        data-testid={testId(node, port)}
        tabIndex={-1}
        aria-label={words}
        onKeyDown={(event) => press(event, node, port)}
      />
      {!collapsed && !field && <span>{label}</span>}
    </div>
  );
}

/** Something is wrong with just this input: before a run, or in it. */
function useFaulty(node: string, { side, name }: PortPlace): boolean {
  const path = usePath(node);
  const found = useInputProblem(path, name) !== null;
  const failed = useStandings(({ nodes }) => {
    const standing = nodes.get(path);
    return standing?.kind === "error" && standing.input === name;
  });
  return side === "in" && (found || failed);
}

/** Side, type, for an input what feeds it, and the name that callers know it by. */
function useWords(node: string, port: PortPlace): string {
  const { t } = useTranslation();
  const { side, label: name, type, index } = port;
  const from = linksOf(useNode(node)?.inputs.get(port.name))[index]?.node;
  const outer = useOuterName(node, port);
  const words: string[] = [t(side === "in" ? "port.input" : "port.output", { name, type })];
  if (side === "in") words.push(from === undefined ? t("port.free") : t("port.from", { node: from }));
  if (outer !== null) words.push(t("port.named", { name: outer }));
  return words.join(", ");
}

/** An output is linked where something reads it. */
function useLinked(node: string, { side, name, linked }: PortPlace): boolean {
  const read = useStage((stage) => stage.scene.read.has(outputKey(node, name)));
  return side === "out" ? read : linked;
}

/** The name by which callers of this graph see a port, or null. */
function useOuterName(node: string, { side, name }: PortPlace): string | null {
  return useDocuments((state) => {
    const open = activeDocument(state);
    if (!open) return null;
    const { inputs, outputs } = graphAt(open.history.present, scopeOf(open));
    const named =
      side === "in"
        ? [...inputs].find(([, ref]) => sameInput(ref, { node, input: name }))
        : [...outputs].find(([, ref]) => sameOutput(ref, { node, output: name }));
    return named?.[0] ?? null;
  });
}

function testId(node: string, { side, name, index }: PortPlace): string {
  return ["port", node, side, name, ...(index > 0 ? [String(index)] : [])].join("-");
}

/** Enter lists what fits, Delete cuts, arrows go to the other ports of the node, Escape back to the node. */
function press(event: KeyboardEvent, node: string, port: PortPlace): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") openPortList(node, portId(port));
  else if (event.key === "Delete" || event.key === "Backspace") cut(node, port);
  else if (event.key === "Escape") setSession({ focus: { node, port: null } });
  else if (event.key.startsWith("Arrow")) goOn(event.key, node, port);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function cut(node: string, { side, name, index }: PortPlace): void {
  edit("disconnect", (workflow, scope) =>
    side === "in"
      ? disconnect(workflow, scope, { node, input: name }, index)
      : disconnectOutput(workflow, scope, { node, output: name }),
  );
}

function goOn(key: string, node: string, port: PortPlace): void {
  const ports = scene().nodes.get(node)?.shape.ports ?? [];
  const column = ports.filter(({ side }) => side === port.side);
  const here = column.findIndex((each) => portId(each) === portId(port));
  const other = ports.filter(({ side }) => side !== port.side);
  const next =
    key === "ArrowDown"
      ? column[(here + 1) % column.length]
      : key === "ArrowUp"
        ? column[(here - 1 + column.length) % column.length]
        : (key === "ArrowRight") === (port.side === "in")
          ? other.toSorted((one, two) => Math.abs(one.y - port.y) - Math.abs(two.y - port.y))[0]
          : undefined;
  if (next) setSession({ focus: { node, port: portId(next) } });
}
