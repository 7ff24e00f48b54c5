/** Which words of two texts are not in the other, for showing what changed in a prompt. */

export interface Piece {
  readonly text: string;
  /** It stands in this text only. */
  readonly own: boolean;
}

/** Beyond so many words the texts are shown as wholly different: the table of lengths would be too large. */
const MOST = 400;

/** Both texts in pieces: a longest run of words that they have in common, and what is each one's own. */
export function wordsApart(before: string, after: string): readonly [readonly Piece[], readonly Piece[]] {
  if (before === after) return [[{ text: before, own: false }], [{ text: after, own: false }]];
  const [old, next] = [split(before), split(after)];
  if (old.length > MOST || next.length > MOST) return [[{ text: before, own: true }], [{ text: after, own: true }]];
  const lengths = table(old, next);
  const length = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  const [left, right]: [Piece[], Piece[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    const [word, other] = [old[i], next[j]];
    if (word !== undefined && word === other) {
      add(left, word, false);
      add(right, word, false);
      i++;
      j++;
    } else if (other === undefined || (word !== undefined && length(i + 1, j) >= length(i, j + 1))) {
      add(left, word ?? "", true);
      i++;
    } else {
      add(right, other, true);
      j++;
    }
  }
  return [left, right];
}

/** Words and what stands between them; a lone value is one piece. */
function split(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}_.-]+|\s+|[^\p{L}\p{N}\s]/gu) ?? [];
}

/** For each pair of places, how many pieces the rests have in common. */
function table(old: readonly string[], next: readonly string[]): readonly Uint16Array[] {
  const rows = Array.from({ length: old.length + 1 }, () => new Uint16Array(next.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      const [row, below] = [rows[i], rows[i + 1]];
      if (!row || !below) continue;
      row[j] = old[i] === next[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return rows;
}

function add(pieces: Piece[], text: string, own: boolean): void {
  const last = pieces.at(-1);
  if (last?.own === own) pieces[pieces.length - 1] = { text: last.text + text, own };
  else pieces.push({ text, own });
}
