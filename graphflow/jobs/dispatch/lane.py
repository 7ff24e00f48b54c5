"""One worker's lane: keeps the worker alive, claims jobs for its free slots, and buries what it died with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from graphflow.jobs.dispatch.flight import Flight, Ground
from graphflow.jobs.dispatch.views import WorkerState, WorkerView
from graphflow.jobs.dispatch.writing import write
from graphflow.jobs.hearing import hear
from graphflow.jobs.model import Claim
from graphflow.jobs.worker import Worker, WorkerDied

_LOG = logging.getLogger(__name__)


class Lane:
    """Run jobs on one worker, from its start to its stop. `boarded` and `landed` are told of each flight."""

    def __init__(
        self, ground: Ground, worker: Worker, boarded: Callable[[Flight], None], landed: Callable[[Flight], None]
    ) -> None:
        self.worker = worker
        self._previews = False
        self._ground = ground
        self._boarded = boarded
        self._landed = landed
        self._state = WorkerState.STARTING
        self._message: str | None = None
        self._deaths = 0
        self._falls = 0  # in a row, without a job between them that ended
        self._next_start: float | None = None  # while it is held back, for it fell often
        self._flights: dict[Flight, asyncio.Task[None]] = {}
        self._freed: set[Flight] = set()
        self._returning: set[asyncio.Task[None]] = set()
        self._asking = 0
        self._on_purpose = False
        self._halt = asyncio.Event()
        self._fell = asyncio.Event()
        self._living: asyncio.Task[None] | None = None

    @property
    def view(self) -> WorkerView:
        """Return how the worker stands."""
        state = WorkerState.BUSY if self._flights and self._state is WorkerState.IDLE else self._state
        jobs = tuple(each.job for each in self._flights)
        held = None if self._next_start is None else max(self._next_start - time.monotonic(), 0.0)
        return WorkerView(self.worker, self.worker.info, state, jobs, self._deaths, self._message, held)

    def show(self, previews: bool) -> None:
        """Pass on whether anybody looks at previews, also to a worker that is started again."""
        self._previews = previews
        if self._state is WorkerState.IDLE:
            self.worker.show(previews)

    def open(self) -> None:
        """Begin to live."""
        self._living = asyncio.create_task(self._live(), name=f"lane of {self.worker.info.name}")
        self._living.add_done_callback(self._check)

    async def close(self, grace: float) -> None:
        """Claim nothing more, end the worker, and see what it ran back in the queue."""
        clock = asyncio.get_running_loop().time
        until = clock() + grace
        self._halt.set()
        await self._withdraw()
        await self.worker.stop(grace)
        if self._living is not None:
            await asyncio.wait([self._living], timeout=max(until - clock(), 1.0))
            self._living.cancel()
            await asyncio.wait([self._living])
        await self._abandon(max(until - clock(), 1.0))
        for task in self._flights.values():  # the disk takes nothing: the next server finds these jobs running
            task.cancel()
        await self._let_go()
        self._state = WorkerState.STOPPED

    async def _live(self) -> None:
        while not self._halt.is_set():
            if await self._rise():
                self._ask()
                await self._until_gone()
                await self._bury()

    async def _rise(self) -> bool:
        """Start the worker, after a pause where it fell often; return whether it is up."""
        if pause := self._ground.rules.pause(self._falls):
            self._next_start = time.monotonic() + pause
        with suppress(TimeoutError):
            await asyncio.wait_for(self._halt.wait(), pause)
        self._next_start = None
        if self._halt.is_set():
            return False
        if self._state is not WorkerState.BROKEN:
            self._state = WorkerState.RESTARTING if self._deaths else WorkerState.STARTING
        try:
            await self.worker.start()
        except (WorkerDied, OSError) as error:
            _LOG.error("the worker %s cannot be started: %s", self.worker.info.name, error)
            self._state, self._message = WorkerState.BROKEN, str(error)
            self._falls = max(self._falls, 1) + 1
            return False
        self._fell.clear()
        self._on_purpose = False
        self._state, self._message = WorkerState.IDLE, None
        self.worker.show(self._previews)
        return True

    def _check(self, living: asyncio.Task[None]) -> None:
        """Show a mistake of our own: the worker is lost to us, and its jobs wait for others."""
        if not living.cancelled() and (error := living.exception()) is not None:
            _LOG.error("the worker %s is given up", self.worker.info.name, exc_info=error)
            self._state, self._message = WorkerState.BROKEN, str(error)

    async def _until_gone(self) -> None:
        gone = asyncio.ensure_future(self.worker.gone())
        fell = asyncio.ensure_future(self._fell.wait())
        await asyncio.wait([gone, fell], return_when=asyncio.FIRST_COMPLETED)
        fell.cancel()
        if not gone.done():
            self.worker.kill()
            await asyncio.wait([gone], timeout=self._ground.rules.obey)
            gone.cancel()

    async def _bury(self) -> None:
        """Have what the worker told stored, and then its jobs queued again."""
        if self._halt.is_set():
            return
        self._state = WorkerState.RESTARTING
        self._message = self._message or "the worker ended"
        await self._withdraw()
        await self._abandon(self._ground.rules.obey)
        blame = not self._on_purpose
        await self._lost(blame=blame)
        self._deaths += 1
        self._ground.tally.deaths += 1
        self._falls += blame

    async def _withdraw(self) -> None:
        """Claim no more; what was claimed already goes back."""
        if self._asking:
            name = self.worker.info.name
            await write(lambda: self._ground.store.withdraw(name), self._ground.rules, self._ground.tally)
        if self._returning:
            await asyncio.wait(self._returning)

    async def _abandon(self, patience: float) -> None:
        """Wait for all flights to be written down; end those whose worker is gone and says nothing."""
        if self._flights:
            await asyncio.wait(self._flights.values(), timeout=patience)
        for flight, task in self._flights.items():
            if not flight.landed:
                task.cancel()
        if self._flights and not self._halt.is_set():
            await asyncio.wait(self._flights.values())

    async def _let_go(self) -> None:
        """Queue again what the worker was stopped with."""
        if self._flights:
            await asyncio.wait(self._flights.values())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost(blame=False), self._ground.rules.longest_retry)

    async def _lost(self, *, blame: bool) -> None:
        name = self.worker.info.name
        jobs = await write(
            lambda: self._ground.store.worker_died(name, blame=blame), self._ground.rules, self._ground.tally
        )
        for job in jobs or ():
            self._ground.tally.ended[job.state.value] += 1

    def _ask(self) -> None:
        """Ask for as many jobs as there is room for."""
        if self._state is not WorkerState.IDLE or self._halt.is_set():
            return
        name = self.worker.info.name
        room = self.worker.info.slots - len(self._flights) + len(self._freed)
        while self._asking < room:
            self._asking += 1
            # Not awaited: an answer has to be heard before the events of later commits.
            hear(self._ground.store.next_claim(name), self._answered)

    def _answered(self, answer: Future[Claim | None]) -> None:
        self._asking -= 1
        if error := answer.exception():
            _LOG.error("no job could be claimed for the worker %s", self.worker.info.name, exc_info=error)
            asyncio.get_running_loop().call_later(self._ground.rules.longest_retry, self._ask)
            return
        claim = answer.result()
        if claim is None:
            return
        if self._state is WorkerState.IDLE and not self._halt.is_set():
            self._board(claim)
            self._ask()
            return
        task = asyncio.create_task(self._return(claim))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    def _board(self, claim: Claim) -> None:
        flight = Flight(self._ground, self.worker, claim, self._free, self._end_worker)
        task = asyncio.create_task(flight.fly(), name=f"job {flight.job}, attempt {flight.attempt}")
        self._flights[flight] = task
        task.add_done_callback(lambda task: self._flown(flight, task))
        self._boarded(flight)

    def _free(self, flight: Flight) -> None:
        self._freed.add(flight)
        self._falls = 0
        self._ask()

    def _flown(self, flight: Flight, task: asyncio.Task[None]) -> None:
        del self._flights[flight]
        self._freed.discard(flight)
        self._landed(flight)
        if task.cancelled() or (error := task.exception()) is None:
            self._ask()
            return
        self._message = str(error)
        if not isinstance(error, WorkerDied):
            _LOG.error("job %s could not be followed; its worker is ended", flight.job, exc_info=error)
        self._fell.set()

    def _end_worker(self, flight: Flight) -> None:
        """End a worker that did not stop a job in time; no other job is to blame."""
        _LOG.warning("the worker %s did not stop job %s in time and is ended", self.worker.info.name, flight.job)
        self._ground.tally.disobeyed += 1
        self._on_purpose = True
        self.worker.kill()

    async def _return(self, claim: Claim) -> None:
        store, id, attempt = self._ground.store, claim.job.id, claim.attempt
        await write(lambda: store.give_back(id, attempt), self._ground.rules, self._ground.tally)
