/** The signs in a prompt, as docs/prompts.md has them: what they cover, and how a key changes a weight. */

export interface Span {
  readonly from: number;
  readonly to: number;
  readonly kind: "weight" | "embedding" | "wildcard" | "comment";
}

export interface Selected {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const WEIGHT = /:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*$/;
const STEP = 0.1;
const HEAVIEST = 10;
/** A bare parenthesis counts 1.1 times. */
const PARENTHESIS = 1.1;

/** Where signs stand, in their order. Comments and alternatives are signs only where the text is not a prompt itself. */
export function spansOf(text: string, prompt: boolean): readonly Span[] {
  const comments = prompt ? [] : commentsOf(text);
  const hidden = (at: number) => comments.some(({ from, to }) => at >= from && at < to);
  return [
    ...comments,
    ...(prompt ? [] : outermost(text, "{", "}", hidden).map((each): Span => ({ ...each, kind: "wildcard" }))),
    ...outermost(text, "(", ")", hidden).map((each): Span => ({ ...each, kind: "weight" })),
    ...embeddingsOf(text).filter(({ from }) => !hidden(from)),
  ].sort((one, other) => one.from - other.from || other.to - one.to);
}

/** Make what is selected, or the word or bracket at the caret, count more or less; the same text where there is nothing. */
export function weighed(selected: Selected, steps: number): Selected {
  const around = bracketAround(selected);
  if (around) return reweighed(selected.text, around, steps);
  const { text } = selected;
  const [from, to] = selected.from === selected.to ? wordAt(text, selected.from) : trimmed(selected);
  if (from === to) return selected;
  const weight = rounded(1 + steps * STEP);
  const inner = text.slice(from, to);
  const made = `(${inner}:${weightText(weight)})`;
  return { text: text.slice(0, from) + made + text.slice(to), from: from + 1, to: from + 1 + inner.length };
}

/** The part of an embedding's name that stands before the caret, or null. */
export function embeddingBefore(text: string, caret: number): { readonly from: number; readonly typed: string } | null {
  const found = /(?:^|[\s(,])embedding:([^\s,:()]*)$/i.exec(text.slice(0, caret));
  const typed = found?.[1];
  return typed === undefined ? null : { from: caret - typed.length, typed };
}

interface Bracket {
  readonly from: number;
  readonly to: number;
}

function outermost(text: string, open: string, close: string, hidden: (at: number) => boolean): readonly Bracket[] {
  const pairs = pairsOf(text, open, close, hidden);
  return pairs.filter((each) => !pairs.some((other) => other.from < each.from && other.to > each.to));
}

/** Signs that have their partner; one behind a backslash is text. */
function pairsOf(text: string, open: string, close: string, hidden: (at: number) => boolean): readonly Bracket[] {
  const waiting: number[] = [];
  const pairs: Bracket[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (hidden(at)) continue;
    else if (text[at] === open) waiting.push(at);
    else if (text[at] === close) {
      const from = waiting.pop();
      if (from !== undefined) pairs.push({ from, to: at + 1 });
    }
  }
  return pairs;
}

function commentsOf(text: string): readonly Span[] {
  return Array.from(text.matchAll(/\/\*[^]*?(?:\*\/|$)|\/\/[^\n]*/g), (found): Span => ({
    from: found.index,
    to: found.index + found[0].length,
    kind: "comment",
  }));
}

function embeddingsOf(text: string): readonly Span[] {
  return Array.from(text.matchAll(/(?<=^|[\s(,])embedding:[^\s,:()]+/gi), (found): Span => ({
    from: found.index,
    to: found.index + found[0].length,
    kind: "embedding",
  }));
}

/** The nearest bracket that the selection lies in, with its own signs or without. */
function bracketAround({ text, from, to }: Selected): Bracket | null {
  const around = pairsOf(text, "(", ")", () => false).filter((each) => each.from <= from && each.to >= to);
  const nearest = around.reduce<Bracket | null>(
    (best, each) => (best === null || each.from > best.from ? each : best),
    null,
  );
  if (nearest === null || from === to) return nearest;
  const inner = innerOf(text, nearest);
  // a part of what a bracket holds gets a weight of its own
  return from <= inner.from && to >= inner.to ? nearest : null;
}

function innerOf(text: string, { from, to }: Bracket): Bracket & { readonly weight: number } {
  const found = WEIGHT.exec(text.slice(from + 1, to - 1));
  if (!found) return { from: from + 1, to: to - 1, weight: PARENTHESIS };
  return { from: from + 1, to: from + 1 + found.index, weight: Number(found[1]) };
}

function reweighed(text: string, bracket: Bracket, steps: number): Selected {
  const inner = innerOf(text, bracket);
  const weight = Math.min(HEAVIEST, Math.max(0, rounded(inner.weight + steps * STEP)));
  const words = text.slice(inner.from, inner.to);
  const plain = weight === 1;
  const made = plain ? words : `(${words}:${weightText(weight)})`;
  const start = bracket.from + (plain ? 0 : 1);
  return { text: text.slice(0, bracket.from) + made + text.slice(bracket.to), from: start, to: start + words.length };
}

function wordAt(text: string, caret: number): readonly [number, number] {
  const isWord = (letter: string | undefined) => letter !== undefined && !/[\s,.;:()[\]{}|]/.test(letter);
  let [from, to] = [caret, caret];
  while (isWord(text[from - 1])) from--;
  while (isWord(text[to])) to++;
  return [from, to];
}

function trimmed({ text, from, to }: Selected): readonly [number, number] {
  const part = text.slice(from, to);
  return [from + part.length - part.trimStart().length, to - (part.length - part.trimEnd().length)].sort(
    (one, other) => one - other,
  ) as [number, number];
}

function rounded(weight: number): number {
  return Math.round(weight * 100) / 100;
}

function weightText(weight: number): string {
  return weight.toFixed(2).replace(/0$/, "");
}
