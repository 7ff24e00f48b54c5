import { portId, portKey } from "../../graph/geometry";
import { anchorOf, placeOf } from "../gestures/linking";
import { scene } from "../here";
import { setSession, type Held } from "../session";

/** List what a port can be linked with: ports that are there, then nodes that would fit. */
export function openPortList(node: string, port: string): void {
  const { side, name, index } = portKey(port);
  const place = placeOf(node, port);
  const box = scene().nodes.get(node)?.box;
  if (!place || !box) return;
  const held: Held =
    side === "out" ? { kind: "out", ref: { node, output: name } } : { kind: "in", ref: { node, input: name }, index };
  const anchor = anchorOf(node, portId(place));
  setSession({
    search: {
      at: { x: box.x + (side === "out" ? box.width + 44 : -44), y: box.y + place.y },
      anchor: { x: anchor.x + (side === "out" ? 16 : -16), y: anchor.y },
      held,
      type: place.type,
      into: null,
      beside: true,
      withPorts: true,
    },
    menu: null,
  });
}
