"""How patient the dispatcher is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Times in seconds, all by a clock that nobody sets.

    A cancel that is not obeyed within `obey` ends the worker. `longest` is the time limit of every job, beside its own.
    A worker that dies is started again at once, then after `first_pause`, twice that, ... up to `longest_pause`, until a
    job ends well. `linger` is how long an event may wait for others to share a commit with. While the disk refuses,
    what was to be written is tried again after `retry` at first and `longest_retry` at most.
    """

    obey: float = 10.0
    longest: float | None = None
    first_pause: float = 1.0
    longest_pause: float = 30.0
    linger: float = 0.005
    retry: float = 0.05
    longest_retry: float = 0.5

    def pause(self, falls: int) -> float:
        """Return how long to wait before a worker is started that fell so often in a row."""
        return 0.0 if falls < 2 else min(self.first_pause * 2.0 ** min(falls - 2, 60), self.longest_pause)

    def limit(self, wanted: float | None) -> float | None:
        """Return how long a job may run that asked for this limit."""
        limits = [each for each in (wanted, self.longest) if each is not None]
        return min(limits, default=None)
