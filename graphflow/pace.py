"""Estimates how long a node's remaining steps take, from how long its last ones took."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Final

WINDOW: Final = 9
"""Reports that an estimate rests on: the first steps may wait for a model, or come from a journal in no time."""


class Pace:
    """A node's clock, started when it is made."""

    def __init__(self) -> None:
        self._start = monotonic()
        self._reports: deque[tuple[int, float]] = deque(maxlen=WINDOW)

    def report(self, done: int, total: int) -> tuple[float, float | None]:
        """Return the seconds since the start and those to come; None while a single report says nothing of speed."""
        now = monotonic()
        if self._reports and done < self._reports[-1][0]:  # the node begins another round
            self._reports.clear()
        self._reports.append((done, now))
        first, then = self._reports[0]
        if done >= total:
            remaining: float | None = 0.0
        elif done > first:
            remaining = (now - then) / (done - first) * (total - done)
        else:
            remaining = None
        return now - self._start, remaining
