/** The node that is ringed once, so that the eye finds it. */

import { create } from "zustand";

interface Ring {
  readonly node: string | null;
  /** Counts up: the same node can be ringed twice in a row. */
  readonly time: number;
}

export const useRing = create<Ring>()(() => ({ node: null, time: 0 }));

const LONG = 1200;
let timer: ReturnType<typeof setTimeout> | undefined;

export function ring(node: string): void {
  clearTimeout(timer);
  useRing.setState(({ time }) => ({ node, time: time + 1 }));
  timer = setTimeout(() => useRing.setState({ node: null }), LONG); // a card that is drawn anew is not ringed again
}
