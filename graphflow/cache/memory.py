"""The upper floor of the cache: results in this process's memory, within a budget of bytes."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphflow.api import NodeError, Socket
from graphflow.keys import CacheKey

Outputs: TypeAlias = Mapping[str, Any]
"""A node's outputs by port name; a listed port holds a tuple of values."""

ENTRY_BYTES = 512
"""What an entry costs beside its values: the key, the dictionary of outputs, its place in the order (measured)."""
OPAQUE_BYTES = 256
_SCALARS = (str, int, float)
_PACK = "this is a mistake in its node pack"


@dataclass(frozen=True, slots=True)
class Statistics:
    """How one floor fares. `dropped` entries found no place, `damaged` ones were thrown away instead of served."""

    entries: int
    bytes: int
    budget: int
    hits: int
    misses: int
    dropped: int = 0
    damaged: int = 0
    last_error: str | None = None


def weigh(outputs: Outputs) -> int:
    """Return the bytes of memory that keeping these outputs costs; raise NodeError when a value cannot say."""
    total = ENTRY_BYTES
    for value in outputs.values():
        total += _weigh(value)
    return total


def _weigh(value: Any) -> int:
    if isinstance(value, _SCALARS):
        return sys.getsizeof(value)
    if isinstance(value, Socket):
        return _weigh_socket(value)
    if isinstance(value, tuple):
        return sys.getsizeof(value) + sum(map(_weigh, value))
    return OPAQUE_BYTES


def _weigh_socket(value: Socket) -> int:
    """Ask a value for its weight: a pack's own code, which may raise anything or say nonsense."""
    what = f"{value.socket_name}.nbytes"
    try:
        weight: Any = value.nbytes
    # Whatever it raises is said as the failure of the node that made the value.
    except Exception as error:
        raise NodeError(f"{what} raised {type(error).__name__}: {error}", code="bad-value", hint=_PACK) from error
    if not isinstance(weight, int) or weight < 0:
        raise NodeError(f"{what} is {weight!r:.60}, and no number of bytes", code="bad-value", hint=_PACK)
    return weight


class MemoryCache:
    """Keep results within a budget of bytes; the least recently used leave first. Safe between threads."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._entries: OrderedDict[CacheKey, tuple[Outputs, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = self._hits = self._misses = self._dropped = 0

    def get(self, key: CacheKey) -> Outputs | None:
        """Return the outputs kept under this key, which become the most recently used."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._misses += 1
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: CacheKey, outputs: Outputs) -> None:
        """Keep outputs, unless they alone are heavier than the budget; others leave to make room."""
        size = weigh(outputs)
        with self._lock:
            before = self._entries.pop(key, None)
            if before is not None:
                self._bytes -= before[1]
            if size > self.budget:
                self._dropped += 1
                return
            self._entries[key] = (outputs, size)
            self._bytes += size
            while self._bytes > self.budget:
                self._bytes -= self._entries.popitem(last=False)[1][1]

    def release(self, wanted: int) -> int:
        """Let go of at least so many bytes if there are as many, and return how many went."""
        freed = 0
        with self._lock:
            while freed < wanted and self._entries:
                freed += self._entries.popitem(last=False)[1][1]
            self._bytes -= freed
        return freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def statistics(self) -> Statistics:
        """Return the counts since the start."""
        with self._lock:
            return Statistics(
                len(self._entries), self._bytes, self.budget, self._hits, self._misses, dropped=self._dropped
            )
