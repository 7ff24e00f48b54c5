"""A worker in this very process: for runs without a server, and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from graphflow.engine import Engine
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.worker.mailbox import Mailbox, all_ended
from graphflow.jobs.worker.memory import free, status_of
from graphflow.jobs.worker.running import Bench, Stop
from graphflow.jobs.worker.seam import ENDINGS, GaveBack, Report, Task, WorkerDied, WorkerInfo, WorkerStatus
from graphflow.jobs.worker.slots import Slots

_LEAVING_SECONDS: Final = 1.0


class InlineWorker:
    """Run jobs in threads of this process, on an engine that stays its maker's to close.

    A thread cannot be ended: a job that does not stop in time goes on unheard to its next step.
    """

    def __init__(self, engine: Engine, blobs: BlobFolder, name: str = "inline", slots: int = 1) -> None:
        self._bench = Bench(engine, blobs)
        self._info = WorkerInfo(name, "inline", engine.resources.device, slots, None)
        self._slots: Slots | None = None
        self._left: Slots | None = None
        self._running: dict[tuple[str, int], tuple[Mailbox, Stop]] = {}
        self._gone = asyncio.Event()
        self._gone.set()

    @property
    def info(self) -> WorkerInfo:
        """Who this is."""
        return self._info

    async def start(self) -> None:
        """Get ready to run jobs."""
        if self._slots is None:
            if self._left is not None:  # they hold the journals of their jobs until they notice
                await asyncio.to_thread(self._left.join, _LEAVING_SECONDS)
            self._slots = Slots(self._bench, self._info.slots, f"graphflow-{self._info.name}")
            self._gone = asyncio.Event()

    async def run(self, task: Task) -> AsyncIterator[Report]:
        """Run a job and say what happens, an ending last; raise WorkerDied after `kill`."""
        if self._slots is None:
            raise WorkerDied(f"the worker {self._info.name} is not running")
        mailbox, stop = Mailbox(), Stop()
        key = (task.job, task.attempt)
        self._running[key] = mailbox, stop
        self._slots.put(task, stop, mailbox.put)
        try:
            async with aclosing(mailbox.reports()) as reports:
                async for report in reports:
                    if isinstance(report, ENDINGS):
                        self._running.pop(key, None)
                    yield report
        finally:
            if self._running.pop(key, None) is not None:  # nobody listens any more
                stop.cancel()

    def cancel(self, job: str, attempt: int) -> None:
        """Ask a running job to stop at its next step."""
        if (running := self._running.get((job, attempt))) is not None:
            running[1].cancel()

    def show(self, previews: bool) -> None:
        """Say whether anybody looks at previews."""
        self._bench.watched = previews

    async def drop(self, wanted: int | None = None) -> int:
        """Free so many bytes of memory, by default all that can be spared; return how many were freed."""
        return await asyncio.to_thread(free, self._bench.engine, wanted)

    async def status(self) -> WorkerStatus:
        """Say what the worker holds."""
        return await asyncio.to_thread(status_of, self._bench.engine)

    async def stop(self, grace: float = 10.0) -> None:
        """Give running jobs back at their next step, those that do not stop in time as well."""
        if self._slots is None:
            return
        self._left, self._slots = self._slots, None
        self._left.close()
        boxes = [mailbox for mailbox, _ in self._running.values()]
        if boxes:
            await all_ended(boxes, grace)
            for mailbox, _ in tuple(self._running.values()):
                mailbox.put(GaveBack())
        self._gone.set()

    def kill(self) -> None:
        """Let go of all jobs at once: they raise WorkerDied."""
        if self._slots is None:
            return
        self._left, self._slots = self._slots, None
        self._left.close()
        for mailbox, _ in self._running.values():
            mailbox.die(WorkerDied(f"the worker {self._info.name} was ended on purpose"))
        self._running.clear()
        self._gone.set()

    async def gone(self) -> None:
        """Return when the worker has ended."""
        await self._gone.wait()
