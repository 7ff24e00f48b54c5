import { useCallback, useState, type RefObject, type UIEvent } from "react";

interface Rows {
  /** The rows that are to be there, from the first to before the last. */
  readonly first: number;
  readonly last: number;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
  /** Scroll as little as shows a row. */
  readonly reveal: (index: number) => void;
}

const BEYOND = 4;

/** Of many rows of one height, those that are seen. */
export function useRows(view: RefObject<HTMLElement | null>, count: number, size: number, height: number): Rows {
  const [top, setTop] = useState(0);
  const reveal = useCallback(
    (index: number) => {
      const box = view.current;
      if (!box) return;
      const [above, below] = [index * size, (index + 1) * size - box.clientHeight];
      box.scrollTo({ top: Math.min(above, Math.max(below, box.scrollTop)) });
      setTop(box.scrollTop);
    },
    [view, size],
  );
  return {
    first: Math.max(0, Math.floor(top / size) - BEYOND),
    last: Math.min(count, Math.ceil((top + height) / size) + BEYOND),
    onScroll: (event) => setTop(event.currentTarget.scrollTop),
    reveal,
  };
}
