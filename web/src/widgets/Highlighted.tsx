import { memo, type ReactNode } from "react";

import { spansOf, type Span } from "../graph/values/prompt";

interface Props {
  readonly text: string;
  readonly prompt: boolean;
}

/** A text with its signs marked. */
export const Highlighted = memo(function Highlighted({ text, prompt }: Props) {
  const spans = outer(spansOf(text, prompt));
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { from, to, kind } of spans) {
    if (from > at) parts.push(text.slice(at, from));
    parts.push(
      <b key={from} className={`sign-${kind}`}>
        {text.slice(from, to)}
      </b>,
    );
    at = to;
  }
  parts.push(text.slice(at), "\n");
  return <>{parts}</>;
});

/** What stands inside another sign is not marked again. */
function outer(spans: readonly Span[]): readonly Span[] {
  let end = 0;
  return spans.filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}
