"""One running job's reports, on their way from whoever hears them to whoever reads them on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import Final

from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.worker.outbox import MOST, Outbox
from graphflow.jobs.worker.seam import ENDINGS, Report, WorkerDied

LOOK_SECONDS: Final = 0.005


class Mailbox:
    """Take reports on any thread, and give them on the loop on which it was made, until the ending or a death."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._box: Outbox[Report] = Outbox()
        # Most reports of a short job come at once: looking for them later, or at its end, saves waking the loop for each.
        self._poked = True
        self._look = self._loop.call_later(LOOK_SECONDS, self._wake)
        self._waiter: asyncio.Future[None] | None = None
        self._death: WorkerDied | None = None
        self._ended = asyncio.Event()

    def put(self, report: Report) -> None:
        """Take a report; behind an ending or a death nothing counts any more."""
        if isinstance(report, NodePreview):
            self._box.offer(report, "preview", MOST["preview"])
        elif isinstance(report, NodeProgress):
            self._box.offer(report, report.node, MOST["progress"])
        else:
            self._box.put(report)
        if threading.get_ident() == self._thread:
            self._wake()
        elif not self._poked or isinstance(
            report, ENDINGS
        ):  # one call wakes the loop for all that comes until it looks
            self._poked = True
            self._call_wake()

    def die(self, death: WorkerDied) -> None:
        """End with a death, behind what has come; called on the loop."""
        if self._death is None:
            self._death = death
        self._wake()

    async def ended(self) -> None:
        """Wait until the reader has the ending or the death, or reads no more."""
        await self._ended.wait()

    async def reports(self) -> AsyncGenerator[Report, None]:
        """Give the reports until the ending; raise WorkerDied instead of it."""
        try:
            while True:
                for report in self._box.take():
                    yield report
                    if isinstance(report, ENDINGS):
                        return
                if self._death is not None:
                    raise self._death
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._look.cancel()
            self._ended.set()

    def _call_wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop is closed: nobody reads any more
            self._ended.set()

    def _wake(self) -> None:
        self._poked = False
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def all_ended(boxes: Iterable[Mailbox], seconds: float) -> None:
    """Wait until the readers of all of these have their endings, but no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for box in boxes:
                await box.ended()
