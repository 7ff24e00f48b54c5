"""What one would use instead of the engine: keys that write out all ancestors, and networkx with a dict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import networkx as nx

from benchmarks.chains import REGISTRY, chain, names
from benchmarks.measuring import Figure, Report, Times, times
from graphflow.engine import Engine
from graphflow.events import Event

TITLE = "Engine beside what one would use instead"
ABOUT = """The same files and the same node functions, in one process, in turn. "Ancestors written out" is how node editors are
known to make cache keys: for each node, everything before it is serialised again, which costs O(n²) (a few lines of our
own do it here; they check nothing). "networkx and a dict" is the floor that a short script reaches: topological
order, hash-consed keys, a dict, no checks, no events, no limit on memory, nothing kept on disk."""

REPEATS = 5
Cache = dict[Any, Any]


def measure(work: Path) -> Report:
    """Return how long each way takes, cached and uncached, with GraphFlow's own figure beside it."""
    figures: list[Figure] = []
    for length in (300, 1_000):
        figures += _compare(work, length)
    return Report(TITLE, ABOUT, figures)


def _compare(work: Path, length: int) -> list[Figure]:
    start = count()
    ways: dict[str, Callable[[bytes], object]] = {}
    taken: dict[tuple[str, bool], Times] = {}
    with Engine(work / f"engine-{length}", registry=REGISTRY) as engine:
        ways["GraphFlow"] = partial(_graphflow, engine, targets=names(length))
        ways["ancestors written out"] = partial(_run, {}, _written_out)
        ways["networkx and a dict"] = partial(_run, {}, _hash_consed())
        for _ in range(REPEATS):
            file = chain(length, start=next(start))
            for name, run in ways.items():
                taken.setdefault((name, False), Times()).add(times(partial(run, file)))
                taken.setdefault((name, True), Times()).add(times(partial(run, file)))
    figures: dict[tuple[str, bool], Figure] = {}
    for cached, state in ((True, "cached, every node"), (False, "nothing cached")):
        for name in ways:
            what = f"chain of {length:,}, {state}: {name}"
            ours = figures.get(("GraphFlow", cached))
            figures[name, cached] = taken[name, cached].figure(what, "ms", beside=ours)
    return list(figures.values())


def _graphflow(engine: Engine, file: bytes, targets: list[str]) -> None:
    events: list[Event] = []
    engine.run(file, targets=targets, emit=events.append)


KeyMaker = Callable[[Mapping[str, Any], list[str]], dict[str, Any]]
"""Makes the key of each node from the file's nodes and their order."""


def _run(cache: Cache, make_keys: KeyMaker, file: bytes) -> dict[str, Any]:
    """Run a file as a short script would."""
    nodes = json.loads(file)["nodes"]
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((value["node"], name) for name, node in nodes.items() for value in _links(node))
    order = list(nx.topological_sort(graph))
    keys = make_keys(nodes, order)
    results: dict[str, Any] = {}
    for name in order:
        key = keys[name]
        if key not in cache:
            cache[key] = _call(nodes[name], results)
        results[name] = cache[key]
    return results


def _call(node: Mapping[str, Any], results: Mapping[str, Any]) -> Any:
    kind = REGISTRY.find(node["type"])
    assert kind is not None
    given = {name: results[value["node"]] if type(value) is dict else value for name, value in node["inputs"].items()}
    return kind.function(**given)


def _written_out(nodes: Mapping[str, Any], order: list[str]) -> dict[str, Any]:
    """Make each key from the full text of everything before the node."""
    return {name: sha256(_text_before(name, nodes).encode()).digest() for name in order}


def _text_before(name: str, nodes: Mapping[str, Any]) -> str:
    place = {name: 0}
    stack, text = [name], []
    while stack:
        node = nodes[stack.pop()]
        inputs = []
        for entry, value in node["inputs"].items():
            if type(value) is not dict:
                inputs.append((entry, value))
                continue
            source = value["node"]
            if source not in place:
                place[source] = len(place)
                stack.append(source)
            inputs.append((entry, (place[source], value["output"])))
        text.append(repr((node["type"], inputs)))
    return "".join(text)


def _hash_consed() -> KeyMaker:
    """Make each key a small number that stands for the node's type, its literals and the numbers of its sources."""
    numbers: dict[Any, int] = {}

    def make_keys(nodes: Mapping[str, Any], order: list[str]) -> dict[str, Any]:
        keys: dict[str, int] = {}
        for name in order:
            node = nodes[name]
            inputs = tuple(
                (entry, keys[value["node"]], value["output"]) if type(value) is dict else (entry, value)
                for entry, value in node["inputs"].items()
            )
            keys[name] = numbers.setdefault((node["type"], inputs), len(numbers))
        return keys

    return make_keys


def _links(node: Mapping[str, Any]) -> list[dict[str, str]]:
    return [value for value in node["inputs"].values() if type(value) is dict]
