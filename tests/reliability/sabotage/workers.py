"""What those who look after the workers would be without one of their cares."""

from __future__ import annotations

import asyncio
import os

from graphflow.jobs.dispatch.flight import Flight
from graphflow.jobs.dispatch.lane import Lane
from graphflow.jobs.worker import Ending
from graphflow.jobs.worker.process import ProcessWorker
from tests.reliability.sabotage.swap import swap


def bury_hastily(_: str) -> None:
    """Queue a dead worker's jobs again at once, whatever it had said before."""

    wait = Lane._abandon

    async def go_on(self: Lane, patience: float) -> None:
        if self._halt.is_set():
            await wait(self, patience)

    swap(Lane, _abandon=go_on)


def bury_slowly(seconds: str) -> None:
    """Take a while to have a dead worker's jobs queued again."""
    bury = Lane._bury

    async def slow(self: Lane) -> None:
        await asyncio.sleep(float(seconds))
        await bury(self)

    swap(Lane, _bury=slow)


def land_slowly(seconds: str) -> None:
    """Take a while to write how a job ended."""
    land = Flight._land

    async def slow(self: Flight, ending: Ending) -> None:
        await asyncio.sleep(float(seconds))
        await land(self, ending)

    swap(Flight, _land=slow)


def blame_nobody(_: str) -> None:
    """Take every death of a worker for nobody's fault."""
    lost = Lane._lost

    async def forgive(self: Lane, *, blame: bool) -> None:
        await lost(self, blame=False)

    swap(Lane, _lost=forgive)


def pass_no_cancels_on(_: str) -> None:
    """Let a cancel reach no worker."""
    swap(ProcessWorker, cancel=lambda *_: None)


def forget_journals(_: str) -> None:
    """Have the worker find no journal of an earlier attempt; the pack does it there."""
    os.environ["RELIABILITY_NO_JOURNALS"] = "1"


def forget_names(_: str) -> None:
    """Have the worker find no name that an earlier attempt gave and did not tell; the pack does it there."""
    os.environ["RELIABILITY_NO_NAMES"] = "1"


def write_in_place(_: str) -> None:
    """Have the worker write results of its cache where they are looked for, and check nothing; the pack does it there."""
    os.environ["RELIABILITY_CARELESS_CACHE"] = "1"


def stop_rudely(_: str) -> None:
    """End workers without asking, and count what they ran as lost."""

    async def rude(self: Lane, grace: float) -> None:
        self.worker.kill()
        if self._living is not None:
            self._living.cancel()
        await asyncio.sleep(0)

    swap(Lane, close=rude)
