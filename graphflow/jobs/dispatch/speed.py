"""How fast the queue moves: for those who are told that it is full, and when to ask again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

STEPS = 16
"""So many of the last are remembered, of each client."""
SOONEST, LATEST = 1.0, 60.0
"""Seconds. Somebody may cancel jobs at any time, so nobody is sent away for longer."""


@dataclass(slots=True)
class _Queue:
    """When a client's last job was begun, and how long each of the last ones was the next to be."""

    last: float
    steps: deque[float] = field(default_factory=lambda: deque(maxlen=STEPS))


class Speed:
    """How long it took lately until a job of each client was begun, which makes room for another one in the queue."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._queues: dict[str, _Queue] = {}

    def begun(self, client: str, waited: float) -> None:
        """Take note of a job that waits no more; time in which none waited does not count."""
        now = self._clock()
        queue = self._queues.setdefault(client, _Queue(self._since))
        queue.steps.append(min(now - queue.last, max(waited, 0.0)))
        queue.last = now

    def seconds(self, client: str) -> float:
        """Return how long a place takes to become free, by the last ones and by the one that is waited for now."""
        queue = self._queues.get(client) or _Queue(self._since)
        usual = sum(queue.steps) / max(len(queue.steps), 1)
        return min(max(usual, self._clock() - queue.last, SOONEST), LATEST)
