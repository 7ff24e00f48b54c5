/** Finding a node type by what people type. */

import { contains } from "./document/graphs";
import { SUBGRAPH_PREFIX, type Scope, type Workflow } from "./document/model";
import { ANY, feeds, makeRegistry, type NodeType, type Registry } from "./types/nodeType";
import { labelOf, signatureOfSubgraph } from "./types/signature";

/** Only what takes this output, or gives for this input. */
export type Fit = { readonly from: string } | { readonly to: string };

export interface Hit {
  readonly type: NodeType;
  readonly label: string;
  /** The characters of the label that were typed. */
  readonly marks: readonly number[];
  /** Another name of the type that was found instead of its label. */
  readonly also: string | null;
  /** The port that the dragged link would end at. */
  readonly port: string | null;
  readonly score: number;
}

export interface Question {
  readonly text: string;
  readonly fit?: Fit | undefined;
  /** What else the type must take or give. */
  readonly also?: readonly Fit[] | undefined;
  readonly category?: string | undefined;
}

/** The node types that match, the best first; all of them in the order of their names for an empty text. */
export function searchTypes(registry: Registry, { text, fit, category, also = [] }: Question): readonly Hit[] {
  const hits: Hit[] = [];
  for (const type of registry.types) {
    if (category !== undefined && !inCategory(type, category)) continue;
    const port = fit ? fittingPort(registry, type, fit) : null;
    if (fit && port === null) continue;
    if (also.some((each) => fittingPort(registry, type, each) === null)) continue;
    const hit = match(type, text.trim(), port);
    if (hit) hits.push(hit);
  }
  return hits.sort((one, other) => other.score - one.score || compare(one.label, other.label));
}

/** What the types that were found give or take besides, the most frequent first: what one can narrow the search by. */
export function narrowings(hits: readonly Hit[], side: "takes" | "gives", most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of hits) {
    const ports = side === "gives" ? type.outputs : type.inputs.filter((each) => each.widget === null);
    for (const name of new Set(ports.map((each) => each.type)))
      if (name !== ANY) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([one, many], [other, more]) => more - many || compare(one, other))
    .slice(0, most)
    .map(([name]) => name);
}

/** The subgraphs of a workflow as types beside those of the packs; one that would then contain itself is left out. */
export function withSubgraphs(workflow: Workflow, scope: Scope, registry: Registry): Registry {
  const own = [...workflow.subgraphs.keys()]
    .filter((id) => !contains(workflow, id, scope))
    .map((id): NodeType => {
      const { inputs, outputs, saves } = signatureOfSubgraph(workflow, id, registry);
      const type = SUBGRAPH_PREFIX + id;
      return { id: type, category: "subgraphs", description: "", version: 1, also: [], saves, inputs, outputs };
    });
  return own.length === 0 ? registry : makeRegistry([...own, ...registry.types], registry.bases);
}

/** What a workflow of the library is called as a node type: `workflow:portraits/evening`. */
export const LIBRARY_PREFIX = "workflow:";

export interface Shelved {
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly inputs: readonly { readonly name: string; readonly type: string | null }[];
  readonly outputs: readonly { readonly name: string; readonly type: string | null }[];
}

/** Workflows of the library as types beside the others: their named inputs and outputs are the ports. */
export function withLibrary(shelf: readonly Shelved[], registry: Registry): Registry {
  const types = shelf
    .filter(({ inputs, outputs }) => inputs.length + outputs.length > 0)
    .map(({ name, title, description, inputs, outputs }): NodeType => {
      const port = { arity: "one", required: false, default: undefined, lazy: false, widget: null } as const;
      return {
        id: LIBRARY_PREFIX + name,
        category: "library",
        description: description ?? "",
        version: 1,
        also: title === null ? [] : [title],
        saves: false,
        inputs: inputs.map((each) => ({ ...port, name: each.name, type: each.type ?? ANY, linkable: true })),
        outputs: outputs.map((each) => ({ name: each.name, type: each.type ?? ANY, list: false })),
      };
    });
  return types.length === 0 ? registry : makeRegistry([...registry.types, ...types], registry.bases);
}

/** All categories, with those above them: `image/transform` lies in `image`. */
export function categories(registry: Registry): readonly string[] {
  const all = new Set<string>();
  for (const { category } of registry.types) {
    const parts = category.split("/");
    parts.forEach((_, index) => all.add(parts.slice(0, index + 1).join("/")));
  }
  all.delete("");
  return [...all].sort(compare);
}

/** The first port of a type that a dragged link could end at, an exact type before one that merely fits; null for none. */
export function fittingPort(registry: Registry, type: NodeType, fit: Fit): string | null {
  if ("from" in fit) {
    const ports = type.inputs.filter((each) => each.linkable && feeds(registry, fit.from, each.type));
    const best = [...ports]
      .sort(
        (one, other) =>
          rank(other.type, fit.from, other.widget !== null) - rank(one.type, fit.from, one.widget !== null),
      )
      .reverse();
    return best.at(-1)?.name ?? null;
  }
  const ports = type.outputs.filter((each) => feeds(registry, each.type, fit.to));
  return (ports.find((each) => each.type === fit.to) ?? ports[0])?.name ?? null;
}

function rank(type: string, wanted: string, widget: boolean): number {
  if (type === wanted) return widget ? 2 : 3;
  return type === ANY ? 0 : 1;
}

function inCategory(type: NodeType, category: string): boolean {
  return type.category === category || type.category.startsWith(`${category}/`);
}

function match(type: NodeType, text: string, port: string | null): Hit | null {
  const label = type.id.startsWith(LIBRARY_PREFIX) ? type.id.slice(LIBRARY_PREFIX.length) : labelOf(type.id);
  if (text === "") return { type, label, marks: [], also: null, port, score: 0 };
  const found = fuzzy(text, label);
  let best: Hit | null = found && { type, label, marks: found.marks, also: null, port, score: found.score + 8 };
  const consider = (name: string, bonus: number, also: string | null) => {
    const other = fuzzy(text, name);
    if (other && other.score + bonus > (best?.score ?? 0))
      best = { type, label, marks: [], also, port, score: other.score + bonus };
  };
  consider(type.id, 6, null);
  for (const name of type.also) consider(name, 2, name);
  consider(`${type.category} ${label}`, -6, null);
  return best;
}

/**
 * How well the typed characters stand in a text, in order: at starts of words, in a row, and early count more. Every
 * word that is typed must be found, in any order. Null where one is not.
 */
export function fuzzy(
  typed: string,
  text: string,
): { readonly score: number; readonly marks: readonly number[] } | null {
  let score = 0;
  const marks = new Set<number>();
  for (const word of typed.toLowerCase().split(/\s+/)) {
    const found = bestRun(word, text);
    if (!found) return null;
    score += found.score;
    for (const mark of found.marks) marks.add(mark);
  }
  const whole = typed.toLowerCase() === text.toLowerCase() ? 40 : 0;
  return { score: score + whole - text.length / 20, marks: [...marks].sort((one, other) => one - other) };
}

interface Run {
  readonly score: number;
  readonly marks: readonly number[];
}

function bestRun(word: string, text: string): Run | null {
  const lower = text.toLowerCase();
  let best: Run | null = null;
  for (let start = lower.indexOf(word[0] ?? ""); start >= 0; start = lower.indexOf(word[0] ?? "", start + 1)) {
    const run = runFrom(word, text, lower, start);
    if (run && run.score > (best?.score ?? -Infinity)) best = run;
  }
  return best;
}

function runFrom(word: string, text: string, lower: string, start: number): Run | null {
  const marks: number[] = [];
  let at = start;
  let score = 0;
  for (const letter of word) {
    const found = lower.indexOf(letter, at);
    if (found < 0) return null;
    const last = marks.at(-1);
    score += startsWord(text, found) ? 6 : 1;
    if (last !== undefined) score += found === last + 1 ? 5 : -Math.min(3, (found - last) / 4);
    marks.push(found);
    at = found + 1;
  }
  if (marks[0] === 0) score += 4;
  // letters that are strewn over a long name by chance are no find
  return score >= word.length * 1.5 ? { score, marks } : null;
}

function startsWord(text: string, index: number): boolean {
  if (index === 0) return true;
  const [before, here] = [text[index - 1] ?? "", text[index] ?? ""];
  return (
    /[\s_/.-]/.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(here)) || (/\D/.test(before) && /\d/.test(here))
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
