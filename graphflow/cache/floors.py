"""The cache of results: memory above, disk below, and what is being computed at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from graphflow.api import AnyNode
from graphflow.cache.disk import FILE_SECONDS, DiskCache
from graphflow.cache.flights import Flights
from graphflow.cache.memory import MemoryCache, Outputs, Statistics, weigh
from graphflow.keys import CacheKey

LONG_SECONDS = 0.05
"""A result that took as long goes to disk whatever its size."""
WORTH = 20
"""A shorter one when computing it took this many times its writing."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many bytes of results are kept on each floor; with 0 none are."""

    memory: int = 1 << 30
    disk: int = 10 << 30


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """How each floor fares; None for a floor that is not there."""

    memory: Statistics | None
    disk: Statistics | None


class Cache:
    """Results by key, on one or two floors, either of which may be None. Safe between threads."""

    def __init__(self, memory: MemoryCache | None, disk: DiskCache | None) -> None:
        self.memory = memory
        self.disk = disk
        self.flights = Flights()

    def lookup(self, key: CacheKey, type: AnyNode) -> Outputs | None:
        """Return the outputs kept under this key; what is found on disk comes up into memory."""
        disk = None if type.keep == "memory" or type.keep == "never" else self.disk
        if self.memory is not None:
            outputs = self.memory.get(key)
            if outputs is not None:
                if disk is not None:
                    disk.touch(key)
                return outputs
        if disk is None:
            return None
        outputs = disk.get(key, type)
        if outputs is not None and self.memory is not None:
            self.memory.put(key, outputs)
        return outputs

    def keep(self, key: CacheKey, type: AnyNode, outputs: Outputs, seconds: float) -> None:
        """Keep outputs that took so many seconds to compute, where the node type says: by default where it pays."""
        if type.keep == "never":
            return
        if self.memory is not None:
            self.memory.put(key, outputs)
        if self.disk is None or type.keep == "memory":
            return
        if type.keep == "auto" and seconds < WORTH * FILE_SECONDS:  # the common case, decided without weighing
            return
        size = weigh(outputs)
        if type.keep == "disk" or seconds >= min(LONG_SECONDS, WORTH * self.disk.writing_seconds(size)):
            self.disk.put(key, type, outputs, size)

    def flush(self) -> None:
        """Wait until what was kept is on disk, as far as the disk took it."""
        if self.disk is not None:
            self.disk.flush()

    def close(self) -> None:
        """Write what is waiting and stop the thread that writes."""
        if self.disk is not None:
            self.disk.close()

    def clear(self) -> None:
        """Forget everything on both floors."""
        if self.memory is not None:
            self.memory.clear()
        if self.disk is not None:
            self.disk.clear()

    def statistics(self) -> CacheStatistics:
        """Return how each floor fares; this lists the folder on disk."""
        return CacheStatistics(
            self.memory.statistics() if self.memory is not None else None,
            self.disk.statistics() if self.disk is not None else None,
        )
