"""Keeps reports in order until somebody takes them; what only the newest of matters never piles up."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = {"preview": 4, "progress": 64}
"""So many of a kind wait at once; then the oldest gives way. One who takes in time misses none."""


class Outbox(Generic[T]):
    """A queue between threads. What is `put` is never lost; what is `offered` gives way to later ones of its kind."""

    def __init__(self) -> None:
        self._items: dict[int, T] = {}
        self._offered: dict[Hashable, deque[int]] = {}
        self._number = 0
        self._lock = threading.Lock()

    def put(self, item: T) -> None:
        """Add an item behind the others."""
        with self._lock:
            self._add(item)

    def offer(self, item: T, kind: Hashable, most: int) -> None:
        """Add an item, in place of the oldest of its kind when `most` of them wait already."""
        with self._lock:
            waiting = self._offered.setdefault(kind, deque())
            if len(waiting) >= most:
                del self._items[waiting.popleft()]
            waiting.append(self._number)
            self._add(item)

    def take(self) -> list[T]:
        """Return all that waits, in order, and forget it."""
        with self._lock:
            items, self._items = self._items, {}
            self._offered.clear()
        return list(items.values())

    def _add(self, item: T) -> None:
        self._items[self._number] = item
        self._number += 1
