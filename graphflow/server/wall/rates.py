"""How often, and on how many lines at once, one user may ask."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from graphflow.server.limits import Limits
from graphflow.server.problems import busy
from graphflow.server.wall.users import Identity, Users

LOOK_SECONDS = 1.0
"""Open streams of somebody who lost their access are found within this time."""


_ROUNDING = 1e-9
"""Whoever waited as long as told is not sent away for the last digit of a sum."""


class Rates:
    """A bucket of tokens per user: each request takes one, and they come back at a steady rate."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, user: str) -> None:
        """Count a request; raise Refused when there were too many."""
        limits, now = self._limits, self._clock()
        left, then = self._buckets.get(user, (float(limits.burst), now))
        left = min(float(limits.burst), left + (now - then) * limits.requests_per_second)
        if left < 1 - _ROUNDING:
            self._buckets[user] = (left, now)
            message = f"more than {limits.requests_per_second:,.0f} requests a second"
            raise busy("too-many-requests", message, (1 - left) / limits.requests_per_second)
        self._buckets[user] = (left - 1, now)


class Streams:
    """The open streams of all users: how many one may have, and whose are to be closed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[asyncio.Task[object], Identity] = {}
        self._count: Counter[str] = Counter()

    @contextmanager
    def opened(self, identity: Identity) -> Iterator[None]:
        """Count the current task as a stream for the length of a block; raise Refused when there are too many."""
        name, task = identity.user.name, asyncio.current_task()
        if self._count[name] >= self._limits.streams:
            hint = "close one of the others"
            raise busy("too-many-streams", f"{self._limits.streams} streams are open already", 1, hint=hint)
        self._count[name] += 1
        if task is not None:
            self._open[task] = identity
        try:
            yield
        finally:
            self._count[name] -= 1
            if task is not None:
                self._open.pop(task, None)

    def close_revoked(self, users: Users) -> int:
        """Cancel the streams of those who lost their token, their session or a right; return how many there were."""
        revoked = [task for task, identity in self._open.items() if not users.still(identity)]
        for task in revoked:
            task.cancel("access was taken away")
        return len(revoked)

    async def watch(self, users: Users) -> None:
        """Look for streams to close, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.close_revoked(users)
