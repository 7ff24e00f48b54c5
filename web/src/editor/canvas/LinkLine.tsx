import { memo } from "react";

import type { SceneLink } from "../../state/scene";
import { useIsSelected } from "../../state/stage";
import { useStandings } from "../../state/standing";
import { socketClass } from "../../widgets/socket";
import { classNames } from "../classNames";
import { useSession } from "../session";

interface Props {
  readonly link: SceneLink;
  /** The path of the node that it feeds. */
  readonly path: string;
}

/** One link, in the colour of what it carries; a wider line that is not seen takes the pointer. */
export const LinkLine = memo(function LinkLine({ link: { id, type, path: line, from, to }, path }: Props) {
  const look = useSession(({ link, linking }) => {
    if (linking) return linking.taken?.id === id ? "taken" : "dim";
    return link === id ? "picked" : "";
  });
  const [before, after] = [useIsSelected(from.node), useIsSelected(to.node)];
  const waiting = useStandings(({ nodes }) => nodes.get(path)?.kind === "queued");
  if (look === "taken") return null;
  const strong = look === "picked" || ((before || after) && look === "");
  return (
    <g className="link-place">
      <path className="link-hit" d={line} data-link={id} />
      <path
        className={classNames("link", socketClass(type), look, strong && "strong", waiting && !strong && "waiting")}
        d={line}
      />
    </g>
  );
});
