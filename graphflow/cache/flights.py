"""Work under way: equal keys are computed once, also by threads that run different graphs on one cache."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from graphflow.cache.memory import Outputs
from graphflow.keys import CacheKey


class Flights:
    """Who computes which key at this moment.

    The first to claim a key leads, the others wait. When the leader gives up, those who waited claim again, and the
    first of them leads. Nobody waits in a circle: a leader waits only for keys that its own key was made from.

        while isinstance(claim := flights.claim(key), Wait):
            if (outputs := claim.wait(cancelled)) is not None:
                return outputs
            stop_if_cancelled()
        with claim:  # gives up when an exception passes
            claim.done(outputs := compute())
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leads: dict[CacheKey, Lead] = {}

    def claim(self, key: CacheKey) -> Lead | Wait:
        """Return a Lead for whoever is first, and a Wait on that leader for the others."""
        with self._lock:
            lead = self._leads.get(key)
            if lead is not None:
                wait = Wait()
                lead.waiting.append(wait)
                return wait
            lead = self._leads[key] = Lead(self, key)
            return lead

    def __len__(self) -> int:
        """Return how many keys are being computed."""
        return len(self._leads)

    def land(self, lead: Lead, outputs: Outputs | None) -> None:
        """Take a lead off and tell those who wait; called by the lead, once or more often."""
        with self._lock:
            if self._leads.get(lead.key) is not lead:
                return
            del self._leads[lead.key]
        # Nobody can join `waiting` any more: whoever claims now finds the key free.
        for wait in lead.waiting:
            wait.resolve(outputs)


class Lead:
    """The duty to compute a key: end it with `done` or `abandon`. As a context manager it is abandoned unless done."""

    __slots__ = ("_flights", "key", "waiting")

    def __init__(self, flights: Flights, key: CacheKey) -> None:
        self._flights = flights
        self.key = key
        self.waiting: list[Wait] = []

    def done(self, outputs: Outputs) -> None:
        """Give the outputs to everybody who waits."""
        self._flights.land(self, outputs)

    def abandon(self) -> None:
        """Give up, because of a failure or a cancellation: one of those who wait takes over."""
        self._flights.land(self, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()


class Wait:
    """A place in the queue behind the one who computes a key."""

    __slots__ = ("_landed", "_outputs")

    def __init__(self) -> None:
        self._landed = threading.Event()
        self._outputs: Outputs | None = None

    def wait(self, cancelled: Callable[[], bool], poll: float = 0.05) -> Outputs | None:
        """Return the leader's outputs, or None when the leader gave up (claim again) or we were cancelled (stop).

        `cancelled` is asked every `poll` seconds.
        """
        while not self._landed.wait(poll):
            if cancelled():
                return None
        return self._outputs

    def resolve(self, outputs: Outputs | None) -> None:
        """Wake who waits here."""
        self._outputs = outputs
        self._landed.set()
