/** Finding a choice by typing parts of its name. */

/** Those with every word in them, the best first: the same, then a beginning, then a beginning of a word. */
export function findIn<T>(items: readonly T[], nameOf: (item: T) => string, wanted: string): readonly T[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  return items
    .map((item, index) => ({ item, index, rank: rank(nameOf(item).toLowerCase(), words) }))
    .filter(({ rank: each }) => each > 0)
    .sort((one, other) => other.rank - one.rank || one.index - other.index)
    .map(({ item }) => item);
}

function rank(name: string, words: readonly string[]): number {
  let sum = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (at < 0) return 0;
    const begins = at === 0 || /[^a-z0-9]/.test(name[at - 1] ?? "") || name.includes(`/${word}`);
    sum += name === word ? 4 : at === 0 ? 3 : begins ? 2 : 1;
  }
  return sum;
}
