"""Times things, and says what a measured figure is."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Literal

Unit = Literal["s", "ms", "us", "MB", "times"]

_PER_SECOND: dict[Unit, float] = {"s": 1, "ms": 1e3, "us": 1e6}


@dataclass(frozen=True, slots=True)
class Report:
    """What one subject found."""

    title: str
    about: str
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a report: what was measured, the goal if it has one, and what it stands beside if anything.

    `beside` is the figure of GraphFlow that an alternative is compared with.
    """

    what: str
    measured: float
    unit: Unit
    best: float | None = None
    goal: float | None = None
    beside: float | None = None

    @property
    def missed(self) -> bool:
        """Say whether there is a goal and it was not reached."""
        return self.goal is not None and self.measured > self.goal


def times(act: Callable[[], object], repeats: int, before: Callable[[], object] | None = None) -> list[float]:
    """Return the seconds of each of several calls; `before` is called ahead of each, off the clock."""
    taken = []
    for _ in range(repeats):
        if before is not None:
            before()
        gc.collect()  # the rubbish of what came before is not this call's to clear
        start = perf_counter()
        act()
        taken.append(perf_counter() - start)
    return taken


def timed(
    what: str, taken: Sequence[float], unit: Unit, goal: float | None = None, beside: Figure | None = None
) -> Figure:
    """Return the median and the best of these seconds as a figure; a goal is in its unit."""
    factor = _PER_SECOND[unit]
    return Figure(what, median(taken) * factor, unit, min(taken) * factor, goal, beside.measured if beside else None)


def quotients(over: Iterable[float], under: Iterable[float]) -> list[float]:
    """Divide measurements that were taken in turn, so that a busy moment weighs on both sides."""
    return [above / below for above, below in zip(over, under, strict=True)]
