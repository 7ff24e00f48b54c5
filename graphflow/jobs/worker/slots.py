"""The threads of a worker: each runs one task after another."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import NamedTuple

from graphflow.jobs.worker.running import Bench, Stop, Tell, run_task
from graphflow.jobs.worker.seam import GaveBack, Task


class _Work(NamedTuple):
    task: Task
    stop: Stop
    tell: Tell


class Slots:
    """Run as many tasks at once as there are slots; more of them wait for their turn.

    `tell` of a task hears all that happens, its ending last, on the slot's thread.
    """

    def __init__(self, bench: Bench, count: int, name: str) -> None:
        self._bench = bench
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._running: set[Stop] = set()
        self._closing = False
        # Daemons: a node that never comes back must not keep the process.
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, task: Task, stop: Stop, tell: Tell) -> None:
        """Have a task run until it ends or is stopped."""
        self._running.add(stop)
        self._work.put(_Work(task, stop, tell))

    def close(self) -> None:
        """Give all tasks back at their next step, and end the threads behind them."""
        self._closing = True
        for stop in tuple(self._running):
            stop.give_back()
        for _ in self._threads:
            self._work.put(None)

    def join(self, seconds: float | None = None) -> None:
        """Wait until all threads have ended, for at most so many seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            ending = GaveBack() if self._closing else run_task(self._bench, *work)
            self._running.discard(work.stop)
            work.tell(ending)
