"""A worker in a process of its own: when it dies, nobody dies with it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final

from graphflow.cache import Budgets
from graphflow.errors import Problem, StorageError
from graphflow.home import Home
from graphflow.jobs.worker.frames import FrameError
from graphflow.jobs.worker.life import Life
from graphflow.jobs.worker.log import WorkerLog
from graphflow.jobs.worker.mailbox import all_ended
from graphflow.jobs.worker.messages import (
    AskDrop,
    AskStatus,
    CancelRun,
    Close,
    Dropped,
    RunTask,
    Show,
    StatusIs,
)
from graphflow.jobs.worker.seam import ENDINGS, JobFailed, Report, Task, WorkerDied, WorkerInfo, WorkerStatus

LEASE: Final = 15.0
"""A busy worker that is silent for so many seconds is taken for dead."""
START_SECONDS: Final = 120.0
_BEATS: Final = 15
"""Signs of life in the time of a lease."""
_USUAL: Final = Budgets()
_SECRETS: Final = ("GRAPHFLOW_TOKEN",)


class ProcessWorker:
    """Run jobs in `python -m graphflow.jobs.worker`, on the home's folders, with these packs and on this device.

    What the process writes to its standard error is in `logs/worker-NAME.log` of the home. With `preload` it imports
    what the packs name in `PRELOAD` while it has nothing to do. `budgets` are those of its cache.
    """

    def __init__(
        self,
        home: Home,
        name: str = "worker",
        *,
        device: str = "auto",
        slots: int = 1,
        packs: Sequence[Path] = (),
        lease: float = LEASE,
        preload: bool = False,
        budgets: Budgets = _USUAL,
    ) -> None:
        self._name = name
        self._device = device
        self._slots = slots
        self._lease = lease
        self._log = WorkerLog(home.logs / f"worker-{name}.log")
        self._command = [
            *(sys.executable, "-P", "-X", "faulthandler", "-m", "graphflow.jobs.worker"),
            *("--home", str(home.root), "--device", device, "--slots", str(slots), "--beat", f"{lease / _BEATS:g}"),
            *(part for root in home.extra_model_roots for part in ("--models", str(root))),
            *(part for pack in packs for part in ("--pack", str(pack))),
            *("--cache-memory", str(budgets.memory), "--cache-disk", str(budgets.disk)),
            *(("--preload",) if preload else ()),
        ]
        self._previews = False
        self._life: Life | None = None
        self._runs: dict[tuple[str, int], int] = {}
        self._cancelled: set[int] = set()

    @property
    def info(self) -> WorkerInfo:
        """Who this is."""
        return WorkerInfo(self._name, "process", self._device, self._slots, self._life.pid if self._life else None)

    async def start(self) -> None:
        """Start the process and wait until it can run jobs; raise WorkerDied."""
        if self._life is not None and not self._life.gone.is_set():
            return
        self._runs.clear()
        life = self._life = Life(self._name, self._lease, self._log)
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        try:
            await life.begin(self._command, environment)
        except (OSError, StorageError) as error:
            life.gone.set()
            raise WorkerDied(f"the worker {self._name} cannot be started: {error}") from error
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(life.ready)
        except TimeoutError:
            life.end(f"was ended, because it was not ready after {START_SECONDS:g} seconds")
            await life.gone.wait()
            await life.ready
        except asyncio.CancelledError:
            life.end("was ended before it was ready")
            raise
        self.show(self._previews)

    async def run(self, task: Task) -> AsyncIterator[Report]:
        """Run a job and say what happens, an ending last; raise WorkerDied when the process ends before."""
        life = self._life
        if life is None or life.closing or life.gone.is_set():
            raise WorkerDied(f"the worker {self._name} is not running")
        number = life.number()
        order = RunTask(run=number, job=task.job, attempt=task.attempt, user=task.user, kept=task.kept)
        try:
            mailbox = life.run(order, task.body.encode("utf-8", "backslashreplace"))
        except FrameError as error:
            yield JobFailed(problem=Problem("too-large", f"the job is too large to be handed to a worker: {error}"))
            return
        key = (task.job, task.attempt)
        self._runs[key] = number
        try:
            async with aclosing(mailbox.reports()) as reports:
                async for report in reports:
                    if isinstance(report, ENDINGS):
                        self._forget(key, number)
                    yield report
        finally:
            if self._runs.get(key) == number:
                self._forget(key, number)
                life.say(CancelRun(run=number))  # nobody listens any more

    def cancel(self, job: str, attempt: int) -> None:
        """Ask a running job to stop at its next step."""
        number = self._runs.get((job, attempt))
        if number is not None and number not in self._cancelled and self._life is not None:
            self._cancelled.add(number)
            self._life.say(CancelRun(run=number))

    def show(self, previews: bool) -> None:
        """Say whether anybody looks at previews."""
        self._previews = previews
        if self._life is not None:
            self._life.say(Show(previews=previews))

    async def drop(self, wanted: int | None = None) -> int:
        """Free so many bytes of memory, by default all that can be spared; return how many were freed."""
        life = self._living()
        return (await life.ask(AskDrop(question=life.number(), wanted=wanted), Dropped)).freed

    async def status(self) -> WorkerStatus:
        """Say what the worker holds; raise WorkerDied."""
        life = self._living()
        answer = await life.ask(AskStatus(question=life.number()), StatusIs)
        return WorkerStatus(answer.held, answer.rss, answer.memory)

    async def stop(self, grace: float = 10.0) -> None:
        """End the process: running jobs are given back within `grace` seconds, then it is killed."""
        life = self._life
        if life is None or life.gone.is_set():
            return
        life.closing = True
        boxes = life.mailboxes
        life.say(Close())
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await life.gone.wait()
        if not life.gone.is_set():
            life.end("was ended, because it did not end by itself")
            await life.gone.wait()
        await all_ended(boxes, grace)

    def kill(self) -> None:
        """End the process at once."""
        if self._life is not None and not self._life.gone.is_set():
            self._life.end("was ended on purpose")

    async def gone(self) -> None:
        """Return when the process has ended."""
        if self._life is not None:
            await self._life.gone.wait()

    def _living(self) -> Life:
        if self._life is None or self._life.gone.is_set():
            raise WorkerDied(f"the worker {self._name} is not running")
        return self._life

    def _forget(self, key: tuple[str, int], number: int) -> None:
        self._runs.pop(key, None)
        self._cancelled.discard(number)
