"""The thread that writes results to disk, so that no run waits for a disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from graphflow.api import AnyNode
from graphflow.cache.memory import Outputs
from graphflow.keys import CacheKey

QUEUE_BYTES = 256 * 2**20
QUEUE_ENTRIES = 1024
PATIENCE = 1.0
"""Seconds that a run waits for room in the queue before its entry is dropped.

By the cache's own rule a result is worth 20 times its writing, so the queue of a working disk never fills up; nodes
that always go to disk (`keep="disk"`) get what they asked for by waiting a little. Waiting for ever would let a hung
network disk hang every run.
"""

Task: TypeAlias = tuple[CacheKey, AnyNode, Outputs, int]


class Writer:
    """Hand results to `write` one by one on a thread of its own, which starts with the first of them."""

    def __init__(self, write: Callable[[CacheKey, AnyNode, Outputs], None], patience: float = PATIENCE) -> None:
        self._write = write
        self._patience = patience
        self._tasks: deque[Task] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None

    def put(self, key: CacheKey, type: AnyNode, outputs: Outputs, size: int) -> bool:
        """Queue a result; return False when there was no room in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(size), self._patience):
                return False
            self._tasks.append((key, type, outputs, size))
            self._bytes += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="graphflow-cache", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def flush(self) -> None:
        """Wait until everything that was put has been handed on."""
        with self._changed:
            self._changed.wait_for(lambda: not self._tasks and not self._busy)

    def close(self) -> None:
        """Hand on what is waiting, and end the thread."""
        self.flush()
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _has_room(self, size: int) -> bool:
        fits = self._bytes + size <= QUEUE_BYTES and len(self._tasks) < QUEUE_ENTRIES
        return fits or not self._tasks  # what is bigger than the whole queue goes alone

    def _run(self) -> None:
        me = threading.current_thread()
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._tasks or self._thread is not me)
                if not self._tasks:
                    return
                task = self._tasks.popleft()
                self._bytes -= task[3]
                self._busy = True
            self._write(*task[:3])
            del task  # the thread must not keep the last result alive while it waits for the next
