"""What an attempt reports, on its way into the store: in order, and many events to a commit."""

from __future__ import annotations

import asyncio

from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Tally
from graphflow.jobs.dispatch.writing import write
from graphflow.jobs.events import WorkerEvent
from graphflow.jobs.store import JobStore


class EventLog:
    """Append the events of an attempt. Whatever comes while an append is under way goes with the next.

    The first waits a moment, so that a short job's events go with its end and cost no commit of their own.
    """

    def __init__(self, store: JobStore, rules: Rules, tally: Tally, job: str, attempt: int) -> None:
        self._store = store
        self._rules = rules
        self._tally = tally
        self._job = job
        self._attempt = attempt
        self._events: list[WorkerEvent] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    def add(self, event: WorkerEvent) -> None:
        """Take an event; it is appended soon."""
        self._events.append(event)
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(self._rules.linger, self._begin)

    def close(self) -> None:
        """Begin no more appends: what is left goes with the end."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    async def rest(self) -> tuple[WorkerEvent, ...]:
        """Wait for the append that is under way, and return what has not been appended."""
        self.close()
        if self._writing is not None:
            await self._writing
        rest, self._events = tuple(self._events), []
        return rest

    def _begin(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._append())

    async def _append(self) -> None:
        while self._events and not self._closed:
            events, self._events = tuple(self._events), []
            await write(lambda: self._store.append(self._job, self._attempt, events), self._rules, self._tally)  # noqa: B023  done before the next round
        self._writing = None
