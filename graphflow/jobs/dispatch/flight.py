"""One attempt at a job, while a worker runs it: its reports are stored in order, its end is written, its time is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from dataclasses import dataclass

from graphflow.errors import Problem
from graphflow.events import NodeFinished, NodePreview, NodeProgress, NodeStarted
from graphflow.jobs.dispatch.log import EventLog
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Tally
from graphflow.jobs.dispatch.views import Tell, Transient
from graphflow.jobs.dispatch.writing import write
from graphflow.jobs.events import WorkerEvent
from graphflow.jobs.model import Claim, Job
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker import Ending, GaveBack, JobDone, JobFailed, JobStopped, Task, Worker, WorkerDied


@dataclass(frozen=True, slots=True)
class Ground:
    """What all flights share. `user_of` says whose folders a client's jobs read and write."""

    store: JobStore
    rules: Rules
    tally: Tally
    tell: Tell
    user_of: Callable[[str], str | None]


class Flight:
    """Run one claim on a worker.

    `freed` is called when the job's end is about to be written, inside the same commit, so that the next claim joins it.
    `disobeyed` is called when the worker did not stop the job in time.
    """

    def __init__(
        self,
        ground: Ground,
        worker: Worker,
        claim: Claim,
        freed: Callable[[Flight], None],
        disobeyed: Callable[[Flight], None],
    ) -> None:
        self.claim = claim
        self.job = claim.job.id
        self.attempt = claim.attempt
        self.landed = False
        self.nodes_done = 0
        self.nodes_total: int | None = None  # counted when somebody asks
        self.working: dict[
            str, NodeProgress | None
        ] = {}  # nodes that began, the one that said something last at the end
        self._ground = ground
        self._worker = worker
        self._freed = freed
        self._disobeyed = disobeyed
        self._log = EventLog(ground.store, ground.rules, ground.tally, self.job, self.attempt)
        self._limit = ground.rules.limit(claim.job.time_limit)
        self._begun: float | None = None
        self._cancelled = False
        self._expired = False
        self._timers: list[asyncio.TimerHandle] = []

    async def fly(self) -> None:
        """Run the job and write its end. Raise WorkerDied, after all that was reported is stored."""
        self._ground.tally.attempts += 1
        waited = time.time() - self.claim.job.created
        self._ground.tally.waited.add(waited)
        self._ground.tally.speed.begun(self.claim.job.client, waited)
        if self._cancelled:  # before it began
            await self._land(JobStopped())
            return
        self._begun = time.monotonic()
        if self._limit is not None:
            self._after(self._limit, self._expire)
        try:
            ending = await self._listen()
        except WorkerDied:
            await self._fall()
            raise
        finally:
            self.landed = True
            for timer in self._timers:
                timer.cancel()
            self._log.close()
        self._ground.tally.ran.add(time.monotonic() - self._begun)
        await self._land(ending)

    def cancel(self) -> None:
        """Ask the worker to stop the job; it has some time to obey."""
        if self._cancelled:
            return
        self._cancelled = True
        self._ground.tally.cancels += 1
        if self._begun is not None and not self.landed:
            self._stop()

    async def _listen(self) -> Ending:
        kept = self._ground.store.artifacts_of(self.job) if self.attempt > 1 else ()
        user = self._ground.user_of(self.claim.job.client)
        reports = self._worker.run(Task(self.job, self.attempt, self.claim.body, user, kept))
        try:
            async for report in reports:
                if isinstance(report, JobDone | JobFailed | JobStopped | GaveBack):
                    return report
                self._hear(report)
        finally:
            if isinstance(reports, AsyncGenerator):
                await reports.aclose()
        raise WorkerDied(f"the worker {self._worker.info.name} left a job without saying how it ended")

    def _hear(self, report: WorkerEvent | Transient) -> None:
        self._look(report)
        if isinstance(report, NodeProgress | NodePreview):
            self._ground.tell(self.job, self.claim.job.client, self.attempt, report)
        else:
            self._log.add(report)

    def _look(self, report: WorkerEvent | Transient) -> None:
        """See from a report which nodes work and how far they are."""
        if isinstance(report, NodeStarted | NodeProgress):
            self.working.pop(report.node, None)
            self.working[report.node] = report if isinstance(report, NodeProgress) else None
        elif isinstance(report, NodeFinished):
            self.nodes_done += 1
            self.working.pop(report.node, None)

    async def _land(self, ending: Ending) -> None:
        """Write what is left to tell and the end, in one commit with the worker's next claim."""
        rest = await self._log.rest()
        first = True

        def end() -> Future[Job]:
            nonlocal first
            with self._ground.store.together():
                written = self._end(ending, rest)
                if first:
                    self._freed(self)
            first = False
            return written

        await self._write(end)

    def _end(self, ending: Ending, rest: tuple[WorkerEvent, ...]) -> Future[Job]:
        store = self._ground.store
        if isinstance(ending, JobDone):
            return store.finish(self.job, self.attempt, ending.outputs, rest)
        if isinstance(ending, JobFailed):
            return store.fail(self.job, self.attempt, ending.problem, rest)
        if self._expired and not self._cancelled:
            return store.fail(self.job, self.attempt, self._too_long(), rest)
        if isinstance(ending, JobStopped):
            return store.stopped(self.job, self.attempt, rest)
        return store.give_back(self.job, self.attempt, rest)

    async def _fall(self) -> None:
        """Write what was reported before the worker died; a job whose time was over ends with that, not with the death."""
        self.landed = True
        rest = await self._log.rest()
        if self._expired and not self._cancelled:
            problem = self._too_long()
            await self._write(lambda: self._ground.store.fail(self.job, self.attempt, problem, rest))
        elif rest:
            await write(
                lambda: self._ground.store.append(self.job, self.attempt, rest), self._ground.rules, self._ground.tally
            )

    async def _write(self, end: Callable[[], Future[Job]]) -> None:
        job = await write(end, self._ground.rules, self._ground.tally)
        if job is not None:
            self._ground.tally.ended[job.state.value] += 1

    def _expire(self) -> None:
        if not self._cancelled:
            self._expired = True
            self._ground.tally.expired += 1
            self._stop()

    def _stop(self) -> None:
        self._worker.cancel(self.job, self.attempt)
        self._after(self._ground.rules.obey, lambda: self._disobeyed(self))

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, then))

    def _more_time(self) -> str:
        own = self._limit == self.claim.job.time_limit
        return "submit it with a higher time_limit" if own else "have the server started with a higher --time-limit"

    def _too_long(self) -> Problem:
        return Problem(
            "time_limit",
            f"the job was stopped because it ran longer than {self._limit:g} seconds",
            hint=f"{self._more_time()}, or ask for less: fewer steps, smaller pictures, smaller batches",
        )
