/** Changed copies of maps that keep their order: the very same map where nothing is changed. */

export function withEntry<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  return withEntries(map, [[key, value]]);
}

export function withEntries<T>(
  map: ReadonlyMap<string, T>,
  entries: Iterable<readonly [string, T]>,
): ReadonlyMap<string, T> {
  const made = new Map(map);
  let same = true;
  for (const [key, value] of entries) {
    if (!made.has(key) || made.get(key) !== value) same = false;
    made.set(key, value);
  }
  return same ? map : made;
}

/** The map without these keys; the very same map where none of them is in it. */
export function without<T>(map: ReadonlyMap<string, T>, keys: Iterable<string>): ReadonlyMap<string, T> {
  const made = new Map(map);
  for (const key of keys) made.delete(key);
  return made.size === map.size ? map : made;
}

/** Change each value, or drop it by returning null; the very same map where nothing changes. */
export function mapped<T>(
  map: ReadonlyMap<string, T>,
  change: (value: T, key: string) => T | null,
): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  let same = true;
  for (const [key, value] of map) {
    const next = change(value, key);
    if (next !== value) same = false;
    if (next !== null) made.set(key, next);
  }
  return same ? map : made;
}

/** Give keys other names without moving their entries. */
export function renamed<T>(map: ReadonlyMap<string, T>, name: (key: string) => string): ReadonlyMap<string, T> {
  return new Map(Array.from(map, ([key, value]) => [name(key), value]));
}

/** Put the entries into this order of keys; those that it does not name follow in theirs. */
export function ordered<T>(map: ReadonlyMap<string, T>, keys: readonly string[]): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const key of [...keys, ...map.keys()]) {
    const value = map.get(key);
    if (value !== undefined) made.set(key, value);
  }
  return made;
}

export function only<T>(map: ReadonlyMap<string, T>, keys: ReadonlySet<string>): ReadonlyMap<string, T> {
  return new Map([...map].filter(([key]) => keys.has(key)));
}
