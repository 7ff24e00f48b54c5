"""Counts what the dispatcher does, as plain numbers that only rise."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from graphflow.jobs.dispatch.speed import Speed

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(slots=True)
class Histogram:
    """How many values lay at or below each bound; the last number counts those above all. Values are seconds."""

    bounds: tuple[float, ...] = BOUNDS
    numbers: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0
    count: int = 0

    def add(self, seconds: float) -> None:
        """Count a value; a clock that was set back counts as none."""
        seconds = max(seconds, 0.0)
        self.numbers[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds
        self.count += 1


@dataclass(slots=True)
class Tally:
    """What happened since the server started.

    `ended` counts by the state in which an attempt left its job (`queued` for those that run again). `stale` are writes of
    attempts that were over; `refusals` are writes that the disk refused and that were tried again.
    """

    ended: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    deaths: int = 0
    cancels: int = 0
    disobeyed: int = 0
    expired: int = 0
    stale: int = 0
    refusals: int = 0
    waited: Histogram = field(default_factory=Histogram)
    ran: Histogram = field(default_factory=Histogram)
    speed: Speed = field(default_factory=Speed)
