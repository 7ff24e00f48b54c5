"""The engine on trivial nodes: reading the file, planning, events and the default cache settings included."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from benchmarks.chains import REGISTRY, chain, ladder, names
from benchmarks.measuring import Figure, Report, Times, times
from graphflow.engine import Engine
from graphflow.events import Event

TITLE = "Engine"
ABOUT = """Trivial nodes that add two whole numbers. Every figure covers the whole of `Engine.run`: the file's bytes in, parsing,
planning, cache, events and results out. "The last one" asks for the last node's result, so a cached run stops at that one
entry; "every node" asks for all 1,000 results, so each of them is looked up. "After a restart" is a new `Engine` on the
same home: its memory is empty, its disk is not. By default results this cheap are not worth a file, so they are computed again.
"One more node" and the doublings are reckoned from the best times, since noise would pass for growth."""

LENGTH = 1_000
REPEATS = 15


def measure(work: Path) -> Report:
    """Return all figures about the engine."""
    figures = [*_cached(work), *_restarted(work), *_ladder(work), *_uncached(work), *_growth(work)]
    return Report(TITLE, ABOUT, figures)


def _cached(work: Path) -> list[Figure]:
    file = chain(LENGTH)
    with _engine(work / "cached") as engine:
        last = times(_run(engine, file), REPEATS, before=_run(engine, file))
        every = times(_run(engine, file, names(LENGTH)), REPEATS)
    return [
        last.figure("chain of 1,000 from memory, the last one", "ms", goal=50),
        every.figure("chain of 1,000 from memory, every node", "ms", goal=50),
    ]


def _restarted(work: Path) -> list[Figure]:
    figures = []
    for kind, what in (("KeptStep", 'nodes with keep="disk"'), ("Step", "default nodes")):
        home = work / kind
        file = chain(LENGTH, kind)
        with _engine(home) as engine:
            engine.run(file)
        for targets, which in ((None, "the last one"), (names(LENGTH), "every node")):
            taken = times(partial(_restart_and_run, home, file, targets), REPEATS)
            figures.append(taken.figure(f"chain of 1,000 after a restart, {what}, {which}", "ms", goal=250))
    return figures


def _restart_and_run(home: Path, file: bytes, targets: Sequence[str] | None) -> None:
    with _engine(home) as engine:
        _run(engine, file, targets)()


def _ladder(work: Path) -> list[Figure]:
    file = ladder(LENGTH)
    with _engine(work / "ladder") as engine:
        cached = times(_run(engine, file, names(LENGTH)), REPEATS, before=_run(engine, file))
        fresh = times(_run(engine, file), REPEATS, before=engine.cache.clear)
    return [
        cached.figure("ladder of 1,000, two links each, from memory, every node", "ms", goal=100),
        fresh.figure("ladder of 1,000, two links each, nothing cached", "ms", goal=100),
    ]


def _uncached(work: Path) -> list[Figure]:
    """Run chains of several lengths in turn, so that all of them meet the same load."""
    lengths = (1_000, 2_000, 4_000)
    taken = {length: Times() for length in lengths}
    with _engine(work / "uncached") as engine:
        for _ in range(REPEATS):
            for length in lengths:
                taken[length].add(times(_run(engine, chain(length)), before=engine.cache.clear))
        long = times(_run(engine, chain(10_000)), 3, before=engine.cache.clear)
    best = {length: min(each.wall) for length, each in taken.items()}
    doubled = [
        Figure(f"nothing cached: {more:,} nodes against {less:,}", "times", best[more] / best[less], goal=2.3)
        for less, more in pairwise(lengths)
    ]
    return [
        taken[1_000].figure("chain of 1,000, nothing cached", "ms"),
        Figure("one more node, not cached", "us", (best[2_000] - best[1_000]) / 1_000 * 1e6, goal=100),
        *doubled,
        long.figure("chain of 10,000, nothing cached", "ms"),
    ]


def _growth(work: Path) -> list[Figure]:
    file, reruns = chain(LENGTH), 50
    with _engine(work / "growth") as engine:
        rerun = _run(engine, file, names(LENGTH))
        tracemalloc.start()
        for _ in range(3):
            rerun()
        before = _traced()
        for _ in range(reruns):
            rerun()
        grown = _traced() - before
        tracemalloc.stop()
    return [Figure(f"memory that {reruns} cached reruns of 1,000 nodes leave behind", "MB", grown / 1e6, goal=1)]


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _engine(home: Path) -> Engine:
    return Engine(home, registry=REGISTRY)


def _run(engine: Engine, file: bytes, targets: Sequence[str] | None = None) -> Callable[[], None]:
    def run() -> None:
        events: list[Event] = []
        engine.run(file, targets=targets, emit=events.append)

    return run
