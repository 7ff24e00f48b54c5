"""A worker that does what a test tells it to, by the job's body: it speaks the seam, and nothing stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from graphflow.jobs.worker import (
    GaveBack,
    JobDone,
    JobStopped,
    Report,
    Task,
    WorkerDied,
    WorkerInfo,
    WorkerStatus,
)

Script = Callable[["ScriptedWorker", Task], AsyncIterator[Report]]


class ScriptedWorker:
    """Run a script for each job. `started` counts starts; `ran` lists what it was given, and `beside` how many ran then."""

    def __init__(self, script: Script, name: str = "w", slots: int = 1) -> None:
        self.script = script
        self.slots = slots
        self.started = 0
        self.ran: list[Task] = []
        self.beside: dict[tuple[str, int], int] = {}
        self.cancelled: list[str] = []
        self.previews = False
        self.cannot_start: str | None = None
        self._name = name
        self._stops: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, Task] = {}
        self._over = asyncio.Event()
        self._leaving = False
        self._over.set()

    @property
    def info(self) -> WorkerInfo:
        return WorkerInfo(self._name, "scripted", "cpu", self.slots, None)

    @property
    def in_flight(self) -> int:
        return len(self._stops)

    def runs_a(self, body: str) -> bool:
        """Is a job with this body in flight?"""
        return any(each.body == body for each in self._tasks.values())

    async def start(self) -> None:
        self.started += 1
        await asyncio.sleep(0)
        if self.cannot_start is not None:
            raise WorkerDied(self.cannot_start)
        self.previews = self._leaving = False
        self._over = asyncio.Event()

    async def run(self, task: Task) -> AsyncIterator[Report]:
        self.ran.append(task)
        self._stops[task.job] = asyncio.Event()
        self._tasks[task.job] = task
        self.beside[task.job, task.attempt] = len(self._stops)
        try:
            if self._over.is_set():
                raise WorkerDied(f"{self._name} is not there")
            async for report in self._until_over(self.script(self, task)):
                yield report
        finally:
            del self._stops[task.job], self._tasks[task.job]

    async def _until_over(self, reports: AsyncIterator[Report]) -> AsyncIterator[Report]:
        """Pass reports on until the worker is over, as a broken pipe would."""
        over = asyncio.ensure_future(self._over.wait())
        try:
            while True:
                following = asyncio.ensure_future(anext(reports, None))
                await asyncio.wait([over, following], return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    await asyncio.wait([following])
                    raise WorkerDied(f"{self._name} was killed")
                report = following.result()
                if report is None:
                    return
                yield report
        finally:
            over.cancel()

    async def asked_to_stop(self, task: Task) -> None:
        """Return when a job is asked to stop."""
        await self._stops[task.job].wait()

    async def work_until_stopped(self, task: Task) -> Report:
        """Work without end, and return the ending that a stop brings."""
        await self.asked_to_stop(task)
        return GaveBack() if self._leaving else JobStopped()

    def cancel(self, job: str, attempt: int) -> None:
        self.cancelled.append(job)
        if job in self._stops:
            self._stops[job].set()

    def show(self, previews: bool) -> None:
        self.previews = previews

    async def drop(self, wanted: int | None = None) -> int:
        return 0

    async def status(self) -> WorkerStatus:
        return WorkerStatus((), 0)

    async def stop(self, grace: float = 10.0) -> None:
        self._leaving = True
        for stop in self._stops.values():
            stop.set()
        for _ in range(1000):
            if not self._stops:
                break
            await asyncio.sleep(min(grace, 10.0) / 1000)
        self.kill()

    def kill(self) -> None:
        self._over.set()

    async def gone(self) -> None:
        await self._over.wait()


async def done_at_once(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
    """Finish without doing anything."""
    yield JobDone(outputs={})


async def endless(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
    """Work until it is asked to stop, and obey."""
    yield await worker.work_until_stopped(task)
