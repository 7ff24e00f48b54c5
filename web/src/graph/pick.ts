/** Which port is meant when a link is dropped on a node, and which thing lies next in a direction. */

import { fromInput, fromOutput, inputType, outputType, type Refusal, type Situation } from "./connect";
import type { Box, InputRef, OutputRef } from "./document/model";
import { linksOf } from "./document/model";
import { graphAt } from "./document/graphs";
import { wires, type Wire } from "./document/links";
import { signatureOf } from "./types/signature";

export type Picked<T> =
  | { readonly ok: true; readonly port: T }
  /** Why the port that came nearest cannot be taken. */
  | { readonly ok: false; readonly refusal: Refusal };

/** The input of a node that takes this output best: of its own type before one that merely fits, free before taken, a port before a field. */
export function pickInput(situation: Situation, from: OutputRef, node: string): Picked<InputRef> {
  const check = fromOutput(situation, from);
  const have = outputType(situation, from)?.type;
  const { inputs } = signatureOf(situation.workflow, situation.scope, node, situation.registry);
  const written = graphAt(situation.workflow, situation.scope).nodes.get(node)?.inputs;
  const free = (name: string) => linksOf(written?.get(name)).length === 0;
  const rank = (name: string) => {
    const type = inputType(situation, { node, input: name });
    if (!type) return 0;
    const open = free(name) || type.arity === "many";
    return (type.type === have ? 8 : 0) + (open ? 4 : 0) + (type.widget === null ? 2 : 0);
  };
  return best(
    inputs.map(({ name }): InputRef => ({ node, input: name })),
    check,
    (ref) => rank(ref.input),
    { code: "unknown-port", at: { node, input: "" } },
    (ref) => (inputType(situation, ref)?.widget === null ? 1 : 0), // nobody aims at a field that does not fit
  );
}

/** The output of a node that feeds this input best. */
export function pickOutput(situation: Situation, to: InputRef, node: string): Picked<OutputRef> {
  const check = fromInput(situation, to);
  const want = inputType(situation, to)?.type;
  const { outputs } = signatureOf(situation.workflow, situation.scope, node, situation.registry);
  return best(
    outputs.map(({ name }): OutputRef => ({ node, output: name })),
    check,
    (ref) => (outputType(situation, ref)?.type === want ? 1 : 0),
    { code: "unknown-port", at: { node, output: "" } },
  );
}

/** Where a link would run through a node that nothing is linked with yet; null where it does not fit. */
export function pickThrough(
  situation: Situation,
  { from, to }: Pick<Wire, "from" | "to">,
  node: string,
): { readonly input: string; readonly output: string } | null {
  const near = wires(graphAt(situation.workflow, situation.scope));
  if (near.some((wire) => wire.from.node === node || wire.to.node === node)) return null;
  const into = pickInput(situation, from, node);
  const out = pickOutput(situation, to, node);
  return into.ok && out.ok ? { input: into.port.input, output: out.port.output } : null;
}

function best<T>(
  ports: readonly T[],
  check: (port: T) => Refusal | null,
  rank: (port: T) => number,
  none: Refusal,
  likely: (port: T) => number = () => 0,
): Picked<T> {
  const order = ports.toSorted((one, other) => rank(other) - rank(one));
  for (const port of order) if (check(port) === null) return { ok: true, port };
  const refusals = order
    .toSorted((one, other) => likely(other) - likely(one))
    .map(check)
    .filter((each) => each !== null);
  // a loop or a link that stands says more than a wrong type
  const telling = refusals.find(({ code }) => code === "cycle" || code === "linked-already");
  return { ok: false, refusal: telling ?? refusals[0] ?? none };
}

export type Direction = "left" | "right" | "up" | "down";

/** The box that lies next in a direction, seen from the middle of another; null where none does. */
export function nextInDirection(boxes: ReadonlyMap<string, Box>, from: string, direction: Direction): string | null {
  const start = boxes.get(from);
  if (!start) return boxes.keys().next().value ?? null;
  let found: string | null = null;
  let least = Infinity;
  for (const [name, box] of boxes) {
    if (name === from) continue;
    const [along, across] = apart(start, box, direction);
    if (along <= 0 || across > 2 * along) continue;
    const cost = along + 2.5 * across;
    if (cost < least) [found, least] = [name, cost];
  }
  return found;
}

/** How far a box lies ahead, and how far beside the way. */
function apart(from: Box, to: Box, direction: Direction): readonly [number, number] {
  const right = to.x + to.width / 2 - (from.x + from.width / 2);
  const down = to.y + to.height / 2 - (from.y + from.height / 2);
  switch (direction) {
    case "right":
      return [right, Math.abs(down)];
    case "left":
      return [-right, Math.abs(down)];
    case "down":
      return [down, Math.abs(right)];
    case "up":
      return [-down, Math.abs(right)];
  }
}

/** The topmost box at a point: the last that was drawn. */
export function boxAt(
  boxes: Iterable<readonly [string, Box]>,
  at: { readonly x: number; readonly y: number },
): string | null {
  let found: string | null = null;
  for (const [name, { x, y, width, height }] of boxes) {
    if (at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height) found = name;
  }
  return found;
}
