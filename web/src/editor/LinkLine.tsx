import type { EdgeProps } from "@xyflow/react";
import { memo } from "react";

import { socketClass } from "../widgets/socket";
import type { LinkEdge } from "./flow";

/** One link, in the colour of what it carries. Its course is part of the scene. */
export const LinkLine = memo(function LinkLine({ data, selected }: EdgeProps<LinkEdge>) {
  if (!data) return null;
  const { type, path } = data.link;
  return <path className={`link ${socketClass(type)}${selected ? " strong" : ""}`} d={path} />;
});
