import { useState } from "react";

/** Which of the values that are listed is chosen: the first, until one goes to another; typing begins anew. */
export function useChosen(values: readonly string[]): readonly [string, (value: string) => void] {
  const [chosen, setChosen] = useState("");
  return [values.includes(chosen) ? chosen : (values[0] ?? ""), setChosen];
}
