"""Keeps what the runs of a sweep share until the last of them has had it, whatever the cache below does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from graphflow.api import AnyNode
from graphflow.cache import Cache, Outputs
from graphflow.keys import CacheKey


class Pins(Cache):
    """The cache of one sweep: results that somebody still waits for are held, the others go where they always go.

    `wanted` counts for each key who will read it: the runs that it is part of, and the sheet. With one reader left
    to come there is nothing to share, but whoever computes a result is a reader too.
    """

    def __init__(self, below: Cache, wanted: Counter[CacheKey]) -> None:
        super().__init__(below.memory, below.disk)
        self.flights = below.flights  # other threads may run on the cache below
        self._wanted = wanted
        self._held: dict[CacheKey, Outputs] = {}

    def lookup(self, key: CacheKey, type: AnyNode) -> Outputs | None:
        """Return what is held under this key, or what the cache below has."""
        outputs = self._held.get(key)
        if outputs is None:
            outputs = super().lookup(key, type)
            if outputs is not None and self._wanted[key] > 1:
                self._held[key] = outputs
        return outputs

    def keep(self, key: CacheKey, type: AnyNode, outputs: Outputs, seconds: float) -> None:
        """Hold what others will read, and let the cache below keep what it would."""
        if self._wanted[key] > 1:
            self._held[key] = outputs
        super().keep(key, type, outputs, seconds)

    def held(self, key: CacheKey) -> Outputs | None:
        """Return what is held under this key."""
        return self._held.get(key)

    def let_go(self, keys: Iterable[CacheKey]) -> None:
        """Count one reader of each key less; what nobody waits for any more is held no longer."""
        for key in keys:
            self._wanted[key] -= 1
            if self._wanted[key] <= 0:
                self._held.pop(key, None)
