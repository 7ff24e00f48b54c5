import type { PortPlace } from "../../graph/geometry";
import { portId } from "../../graph/geometry";
import { useSession } from "../session";

export type LinkState = "" | "held" | "over" | "fits" | "unfit";

/** How a port stands to the link that is being dragged. */
export function usePortState(node: string, port: PortPlace): LinkState {
  return useSession(({ linking }) => {
    if (!linking) return "";
    const { held, over } = linking;
    const own =
      held.kind === "out"
        ? port.side === "out" && held.ref.output === port.name
        : port.side === "in" && held.ref.input === port.name;
    if (held.ref.node === node && own) return "held";
    if (over?.node === node && over.port === portId(port)) return over.refusal === null ? "over" : "unfit";
    return linking.verdict(node, port) === null ? "fits" : "unfit";
  });
}

/** Nothing of this node can take the link that is being dragged. */
export function useIsFaded(node: string, ports: readonly PortPlace[]): boolean {
  return useSession(({ linking }) => {
    if (!linking || linking.held.ref.node === node) return false;
    return ports.every((port) => linking.verdict(node, port) !== null);
  });
}
