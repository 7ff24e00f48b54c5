import { useMemo } from "react";

import { graphAt } from "../../graph/document/graphs";
import { scopeOf } from "../../state/documents";
import { useActive, useStage } from "../../state/stage";
import { useStandings } from "../../state/standing";
import type { Painting } from "./paint";

/** All that is drawn from afar; the same object until something of it changes. */
export function usePainting(): Painting {
  const scene = useStage((stage) => stage.scene);
  const standings = useStandings(({ nodes }) => nodes);
  const document = useActive();
  return useMemo(() => {
    const graph = document && graphAt(document.history.present, scopeOf(document));
    return {
      scene,
      standings,
      groups: graph ? [...graph.groups.values()] : [],
      selected: document?.selection.nodes ?? new Set<string>(),
      prefix: document?.instances.map((each) => `${each}/`).join("") ?? "",
    };
  }, [scene, standings, document]);
}
