"""Names the cycles of a graph that should have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphflow.errors import Problem

_SHOWN = 12


def name_cycles(links: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Return one problem for each knot of nodes that feed each other, with a path that leads around it.

    `links` gives the sources of each node.
    """
    # A sound graph never comes here, so it should not pay the tenth of a second that this import costs.
    import networkx as nx

    graph = nx.DiGraph([(source, node) for node, sources in links.items() for source in sources])
    problems = []
    for knot in nx.strongly_connected_components(graph):
        start = min(knot)
        if len(knot) == 1 and not graph.has_edge(start, start):
            continue
        around = [edge[0] for edge in nx.find_cycle(graph.subgraph(knot), start)]
        shown = around if len(around) <= _SHOWN else [*around[: _SHOWN - 1], "…"]
        path = " → ".join([*shown, around[0]])
        problems.append(Problem("cycle", f"these nodes wait for each other: {path}", around[0], hint="cut one link"))
    return sorted(problems, key=lambda each: each.node or "")
