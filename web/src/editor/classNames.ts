/** The names that hold, as one text. */
export function classNames(...names: readonly (string | false)[]): string {
  return names.filter((each) => each !== false && each !== "").join(" ");
}
