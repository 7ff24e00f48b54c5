"""Clients that come and go two hundred times, over both kinds of stream and a restart, have exactly what was stored."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphflow.jobs.events import StoredEvent
from graphflow.jobs.store import JobStore
from graphflow.server.streams import subscription
from graphflow.server.streams.frames import Frame, Item
from graphflow.server.streams.replay import Feed
from graphflow.server.wall.accounts import AccountFile
from tests.jobs.stores import now
from tests.server.listening import PATIENCE, event_stream, hear, line, log, run, running, sent_events, told, websocket
from tests.server.serving import A, B, Served, serving

RECONNECTS = 100
"""In the life of each of the two servers."""


@dataclass
class Listener:
    """Somebody whose line breaks all the time: what they heard so far, of all their jobs or of one."""

    kind: str
    user: str
    job: str | None = None
    heard: list[Any] = field(default_factory=list)

    @property
    def after(self) -> int:
        if not self.heard:
            return 0
        return int(self.heard[-1]["n" if self.job else "seq"])

    @asynccontextmanager
    async def connected(self, served: Served) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
        """Come back behind the last number, and give what hears the next event."""
        if self.kind == "sse":
            path = f"jobs/{self.job}/events" if self.job else "events"
            by_header = {"Last-Event-ID": str(self.after)} if self.after % 2 else {}
            async with event_stream(served, self.user, f"{path}?after={self.after}", **by_header) as response:
                messages = sent_events(response)
                yield lambda: _next_of(messages)
            return
        async with websocket(served, self.user) as ws:
            wanted = {"jobs": [self.job], "after": {self.job: self.after}} if self.job else {"after": self.after}
            await ws.send_json({"kind": "subscribe", **wanted})
            assert (await hear(ws))["kind"] == "subscribed"
            yield lambda: hear(ws)

    async def visit(self, served: Served, count: int) -> None:
        """Come, hear so many events at most, and break the line."""
        async with self.connected(served) as listen:
            for _ in range(count):
                async with asyncio.timeout(PATIENCE):
                    self.heard.append(await listen())


async def _next_of(messages: AsyncIterator[tuple[int | None, Any]]) -> Any:
    async for number, message in messages:
        if message.get("kind") != "subscribed":
            assert number in (message["seq"], message["n"])
            return message
    raise AssertionError("the stream ended")


async def come_and_go(served: Served, listeners: list[Listener], dice: random.Random) -> None:
    """Have each listener come back again and again, all at once, while jobs run."""

    async def repeat(listener: Listener) -> None:
        for _ in range(RECONNECTS // len(listeners)):
            await listener.visit(served, dice.choice((0, 1, 1, 2, 5, 12)))

    await asyncio.gather(*(repeat(each) for each in listeners))


async def catch_up(served: Served, listener: Listener) -> tuple[list[Any], list[Any]]:
    """Hear what is left, and return what was heard in all, and what should have been."""
    store = served.server.store
    stored = told(store.events_after(listener.job) if listener.job else log(store, listener.user))
    await listener.visit(served, len([each for each in stored if each["seq"] > _last_seq(listener)]))
    return listener.heard[:], stored


def _last_seq(listener: Listener) -> int:
    return int(listener.heard[-1]["seq"]) if listener.heard else 0


def keep_busy(store: JobStore, long: str, stop: list[bool]) -> None:
    """Run jobs of two users, and let one of them go on all the time."""
    while not stop:
        run(store, A, nodes=2)
        run(store, B, nodes=1)
        now(store.append(long, 1, [line("still at it")]))


def two_lives(home: Path) -> list[tuple[list[Any], list[Any]]]:
    """Serve a home twice, with listeners that come and go; return what each heard, and what it should have."""
    dice, listeners, compared = random.Random(7), list[Listener](), list[tuple[list[Any], list[Any]]]()
    for life in range(2):
        with serving(home) as served, ThreadPoolExecutor() as threads:
            store, stop = served.server.store, list[bool]()
            long = running(store, A)
            of_all = listeners[:3] if life else [Listener("sse", A), Listener("ws", A), Listener("ws", B)]
            listeners = [*of_all, Listener("sse", A, long.id), Listener("ws", A, long.id)]
            working = threads.submit(keep_busy, store, long.id, stop)
            try:
                asyncio.run(come_and_go(served, listeners, dice))
            finally:
                stop.append(True)
            working.result(PATIENCE)
            compared += [asyncio.run(catch_up(served, each)) for each in listeners]
            now(store.finish(long.id, 1, {}))
        for name in (A, B):
            AccountFile(home).remove(name)  # the next one makes them anew
    return compared


def test_two_hundred_random_reconnects_hear_exactly_what_was_stored(tmp_path: Path) -> None:
    compared = two_lives(tmp_path)

    assert len(compared) == 10
    for heard, stored in compared:
        assert len(stored) > 20
        assert heard == stored


def test_a_stream_that_begins_a_little_late_would_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def careless(store: JobStore, feed: Feed, resynced: Callable[[], None]) -> AsyncGenerator[Item | Frame, None]:
        events = await asyncio.to_thread(_behind, store, feed)
        for event in events:
            yield Frame.of(event)
        await asyncio.sleep(0.02)  # what is stored now is in no page, and does not queue yet
        feed.queueing, feed.behind = True, False

    monkeypatch.setattr(subscription, "replay", careless)

    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 10)
    assert is_found_out(tmp_path)


def is_found_out(home: Path) -> bool:
    """Say whether somebody heard other than what was stored, or waits in vain for an event that was lost."""
    try:
        return any(heard != stored for heard, stored in two_lives(home))
    except TimeoutError:
        return True


def _behind(store: JobStore, feed: Feed) -> Sequence[StoredEvent]:
    if feed.job is not None:
        return store.events_after(feed.job, feed.last)
    return store.events_after_seq(feed.last, client=feed.client).events
