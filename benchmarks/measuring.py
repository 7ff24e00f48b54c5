"""Times things, and says what a measured figure is."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Literal

Unit = Literal["s", "ms", "us", "MB", "kB", "times", "jobs/s", "%", "elements"]

_PER_SECOND: dict[Unit, float] = {"s": 1, "ms": 1e3, "us": 1e6}


class Skipped(Exception):
    """Something that a subject needs is not to be had here; the text says what."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one subject found."""

    title: str
    about: str
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a report: what was measured, the goal if it has one, and what it stands beside if anything.

    `median` and `best` are time as people feel it; `processor` is what of it the processors worked for us, over all
    threads, which on a busy machine says more. `beside` is GraphFlow's median that an alternative is compared with.
    `floor` is the least that anything of this kind takes here, in the same unit. Of a rate, more is better.
    """

    what: str
    unit: Unit
    median: float
    best: float | None = None
    processor: float | None = None
    goal: float | None = None
    beside: float | None = None
    floor: float | None = None

    @property
    def is_rate(self) -> bool:
        """Say whether more is better."""
        return self.unit == "jobs/s"

    @property
    def share(self) -> float | None:
        """How much of the goal was taken: above 1 it was missed."""
        if self.goal is None:
            return None
        return self.goal / self.median if self.is_rate else self.median / self.goal

    @property
    def missed(self) -> bool:
        """Say whether there is a goal and it was not reached."""
        return self.share is not None and self.share > 1


@dataclass(frozen=True, slots=True)
class Times:
    """How long each of several calls took, in seconds, by the clock and, where it is known, by the processors."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, more: Times) -> None:
        """Take in the times of further calls."""
        self.wall.extend(more.wall)
        self.processor.extend(more.processor)

    def figure(self, what: str, unit: Unit, goal: float | None = None, beside: Figure | None = None) -> Figure:
        """Return these times as a figure; a goal is in its unit."""
        factor = _PER_SECOND[unit]
        return Figure(
            what,
            unit,
            factor * median(self.wall),
            factor * min(self.wall),
            factor * median(self.processor) if self.processor else None,
            goal,
            beside.median if beside else None,
        )


def times(act: Callable[[], object], repeats: int = 1, before: Callable[[], object] | None = None) -> Times:
    """Time several calls; `before` is called ahead of each, off the clock."""
    taken = Times()
    for _ in range(repeats):
        if before is not None:
            before()
        gc.collect()  # the rubbish of what came before is not this call's to clear
        start, worked = perf_counter(), process_time()
        act()
        taken.add(Times([perf_counter() - start], [process_time() - worked]))
    return taken
