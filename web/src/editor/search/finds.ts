/** What the search lists: node types, and where a link is held ports that are there already. */

import { fittingInputs, fittingOutputs, inputType, outputType, type Situation } from "../../graph/connect";
import { portLabel } from "../../graph/types/signature";
import { fuzzy, narrowings, searchTypes, withLibrary, withSubgraphs, type Fit, type Hit } from "../../graph/search";
import { useLibrary } from "../../state/library";
import { document } from "../here";
import { titleAt } from "../titles";
import type { Search } from "../session";

/** A port that is there, which the held link could go to. */
export interface PortHit {
  readonly node: string;
  readonly port: string;
  readonly type: string;
  readonly title: string;
  readonly label: string;
}

export interface Finds {
  readonly ports: readonly PortHit[];
  readonly hits: readonly Hit[];
  /** How many types there are, and how many of them fit at all. */
  readonly all: number;
  readonly fitting: number;
  readonly filters: readonly Fit[];
}

const FILTERS = 3;
const MOST_PORTS = 30;

export function find(at: Situation, search: Search, text: string, also: readonly Fit[]): Finds {
  const registry = withLibrary(shelf(), withSubgraphs(at.workflow, at.scope, at.registry));
  const fit = fitOf(search);
  const fitting = searchTypes(registry, { text: "", fit });
  const hits = searchTypes(registry, { text, fit, also });
  return {
    ports: search.withPorts ? portsFor(at, search, text) : [],
    hits,
    all: registry.types.length,
    fitting: fitting.length,
    filters: filtersFor(fitting, search),
  };
}

/** One's own workflows, but for the one that is open: templates are there to begin with, not to build with. */
function shelf() {
  const here = document()?.name;
  return useLibrary.getState().workflows.filter(({ name, template }) => !template && name !== here);
}

/** What a new node must take or give. */
export function fitOf({ held, type }: Pick<Search, "held" | "type">): Fit | undefined {
  if (held === null || type === null) return undefined;
  return held.kind === "out" ? { from: type } : { to: type };
}

/** Chips to narrow the search by: what the nodes that fit give, or take where an input asks. */
function filtersFor(fitting: readonly Hit[], { held }: Search): readonly Fit[] {
  if (held?.kind === "in") return narrowings(fitting, "takes", FILTERS).map((from) => ({ from }));
  const gives = narrowings(fitting, "gives", held ? FILTERS : 4).map((to) => ({ to }));
  if (held) return gives;
  return [...gives, ...narrowings(fitting, "takes", FILTERS).map((from) => ({ from }))];
}

function portsFor(at: Situation, { held }: Search, text: string): readonly PortHit[] {
  if (!held) return [];
  const found =
    held.kind === "out"
      ? fittingInputs(at, held.ref).map((ref): PortHit => hit(ref.node, ref.input, inputType(at, ref)?.type))
      : fittingOutputs(at, held.ref).map((ref): PortHit => hit(ref.node, ref.output, outputType(at, ref)?.type));
  const typed = text.trim();
  return found
    .filter(({ title, label }) => typed === "" || fuzzy(typed, `${label} ${title}`) !== null)
    .slice(0, MOST_PORTS);

  function hit(node: string, port: string, type = "*"): PortHit {
    return { node, port, type, title: titleAt(at, node), label: portLabel(port) };
  }
}
