"""What the streams of events would be without one of their cares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from graphflow.jobs.events import StoredEvent
from graphflow.jobs.store import JobStore
from graphflow.server import assemble
from graphflow.server.streams import patience, subscription
from graphflow.server.streams.frames import Frame, Item
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.replay import Feed
from tests.reliability.sabotage.swap import swap


def begin_late(_: str) -> None:
    """Go on live a moment after the last page was read."""

    async def careless(store: JobStore, feed: Feed, resynced: Callable[[], None]) -> AsyncGenerator[Item | Frame, None]:
        if feed.job is not None:
            events: Sequence[StoredEvent] = await asyncio.to_thread(store.events_after, feed.job, feed.last)
        else:
            events = (await asyncio.to_thread(store.events_after_seq, feed.last, 1000, feed.client)).events
        for event in events:
            yield Frame.of(event)
        await asyncio.sleep(0.1)  # what is stored now is in no page, and does not queue yet
        feed.queueing, feed.behind = True, False

    swap(subscription, replay=careless)


class InTurn(Hub):
    """A hub that waits until one client has taken an event before the next one gets it."""

    _turns: asyncio.Queue[Sequence[StoredEvent]] | None = None

    def deliver(self, events: Sequence[StoredEvent]) -> None:
        if self._turns is None:
            self._turns = asyncio.Queue()
            self._task = asyncio.create_task(self._go_round(self._turns))
        self._turns.put_nowait(events)

    async def _go_round(self, turns: asyncio.Queue[Sequence[StoredEvent]]) -> None:
        while True:
            for event in await turns.get():
                for listener in sorted(self._listeners, key=id):
                    listener.offer(Frame.of(event))
                    while listener in self._listeners and listener.queued:
                        await asyncio.sleep(0.001)

    def close(self) -> None:
        super().close()
        if self._turns is not None:
            self._task.cancel()


def serve_in_turn(_: str) -> None:
    """Let each client wait for the one before it."""
    swap(assemble, Hub=InTurn)


def hoard(_: str) -> None:
    """Keep everything for everybody, however long they do not read."""
    swap(subscription, MOST_BYTES=1 << 40, MOST_QUEUED=1 << 40)
    swap(patience, STALLED=3600.0)
