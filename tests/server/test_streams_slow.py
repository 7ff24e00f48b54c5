"""Clients that do not read, or have vanished, delay nobody, cost little, and are cut; slow ones miss nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from graphflow.jobs.model import Job
from graphflow.jobs.store import JobStore
from graphflow.server import assemble
from graphflow.server.streams import patience, subscription, websocket
from graphflow.server.streams.subscription import MOST_BYTES
from tests.jobs.stores import now
from tests.reliability.sabotage.streams import InTurn
from tests.server.listening import (
    PATIENCE,
    event_stream,
    hear,
    line,
    log,
    running,
    sent_events,
    told,
    until,
)
from tests.server.listening import websocket as open_websocket
from tests.server.serving import ADMIN, Served, serving

EVENTS, SIZE = 150, 20_000
"""Together more than what the buffers between a server and a client hold."""
BAD = 4
"""Clients of each kind that never read."""


def stuck(served: Served, kind: str) -> socket.socket:
    """Open a stream by hand, with little room for what comes, and never read from it."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((served.host, served.port))
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    more = upgrade if kind == "ws" else {"Accept": "text/event-stream"}
    path = "ws" if kind == "ws" else "events"
    headers = "".join(f"{name}: {value}\r\n" for name, value in {**served.headers(), **more}.items())
    line.sendall(f"GET /api/v1/{path} HTTP/1.1\r\n{headers}\r\n".encode())
    if kind == "ws":
        asked = b'{"kind":"subscribe","jobs":"all"}'
        line.sendall(bytes([0x81, 0x80 | len(asked), 0, 0, 0, 0]) + asked)
    return line


@contextmanager
def stuck_ones(served: Served, count: int) -> Iterator[None]:
    """Have so many clients of each kind that never read."""
    with ExitStack() as lines:
        for kind in ("ws", "sse"):
            for _ in range(count):
                lines.enter_context(closing(stuck(served, kind)))
        yield


def write(store: JobStore, job: Job, count: int = EVENTS) -> None:
    """Store so many large events."""
    for number in range(count):
        now(store.append(job.id, job.attempt, [line(f"{number}{'x' * SIZE}")]))


def flood(store: JobStore, job: Job, count: int = EVENTS) -> None:
    """Store so many large events in one commit, faster than anybody can be told of them."""
    with store.together():
        stored = [store.append(job.id, job.attempt, [line(f"{number}{'x' * SIZE}")]) for number in range(count)]
    for each in stored:
        now(each)


@dataclass(frozen=True)
class Outcome:
    """What good clients heard and should have, and how things stood when they had it."""

    heard: list[list[Any]]
    stored: list[Any]
    cut: int
    queued: int
    grown: int


async def listen_beside(served: Served, bad: int) -> Outcome:
    """Listen with four good clients, of which two read Server-Sent Events, beside bad ones."""
    store, hub = served.server.store, served.server.hub
    job = await asyncio.to_thread(running, store, ADMIN)
    first = store.last_seq()
    with stuck_ones(served, bad), ThreadPoolExecutor(1) as writer:
        await until(lambda: hub.statistics().listeners == 2 * bad)
        before = psutil.Process().memory_info().rss
        async with (
            open_websocket(served, ADMIN) as one,
            open_websocket(served, ADMIN) as two,
            event_stream(served, ADMIN, f"events?after={first}") as three,
            event_stream(served, ADMIN, f"jobs/{job.id}/events?after=2") as four,
        ):
            for ws in (one, two):
                await ws.send_json({"kind": "subscribe", "jobs": "all", "after": first})
                await hear(ws)
            writing = asyncio.get_running_loop().run_in_executor(writer, write, store, job)
            heard = await asyncio.gather(
                *(_hear(each) for each in (one, two)), *(_read(each) for each in (three, four))
            )
            then = hub.statistics()
            grown = psutil.Process().memory_info().rss - before
            await writing
    return Outcome(list(heard), told(log(store, after=first)), then.cut, then.queued, grown)


async def _hear(ws: Any) -> list[Any]:
    return [await hear(ws) for _ in range(EVENTS)]


async def _read(response: Any) -> list[Any]:
    messages = sent_events(response)
    await anext(messages)
    return [(await anext(messages))[1] for _ in range(EVENTS)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is cut for as long as a test takes."""
    monkeypatch.setattr(patience, "STALLED", 2 * PATIENCE)
    monkeypatch.setattr(websocket, "BEAT_SECONDS", 2 * PATIENCE)


@pytest.mark.usefixtures("patient")
def test_clients_that_never_read_delay_nobody_and_cost_little(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        outcome = asyncio.run(listen_beside(served, BAD))

    assert outcome.cut == 0
    assert outcome.heard == [outcome.stored] * 4
    assert len(outcome.stored) == EVENTS
    assert outcome.queued <= 2 * BAD * MOST_BYTES
    assert outcome.grown <= 2 * BAD * 8 * 2**20


def test_a_hub_that_serves_in_turn_would_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "Hub", InTurn)
    monkeypatch.setattr(patience, "STALLED", 2.0)  # only when the bad ones are cut do the others get on

    with serving(tmp_path) as served:
        outcome = asyncio.run(listen_beside(served, BAD))

    assert outcome.cut > 0
    assert outcome.heard == [outcome.stored] * 4


def test_who_does_not_read_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STALLED", 0.5)
    monkeypatch.setattr(websocket, "BEAT_SECONDS", PATIENCE)

    async def outlive(served: Served) -> int:
        job = await asyncio.to_thread(running, served.server.store, ADMIN)
        with stuck_ones(served, 2):
            await until(lambda: served.server.hub.statistics().listeners == 4)
            await asyncio.to_thread(write, served.server.store, job)
            await until(lambda: served.server.hub.statistics().listeners == 0)
        return served.server.hub.statistics().cut

    with serving(tmp_path) as served:
        assert asyncio.run(outlive(served)) == 4


def test_who_gives_no_sign_of_life_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "BEAT_SECONDS", 0.3)

    async def outlive(served: Served) -> Any:
        async with open_websocket(served, ADMIN) as lively:
            with closing(stuck(served, "ws")):
                await until(lambda: served.server.hub.statistics().listeners == 2)
                reading = asyncio.create_task(hear(lively))  # only who reads answers
                await until(lambda: served.server.hub.statistics().listeners == 1)
                await lively.send_json({"kind": "ping"})
                return await reading

    with serving(tmp_path) as served:
        assert asyncio.run(outlive(served)) == {"kind": "pong", "id": None}


def test_ten_seconds_are_enough_to_cut_whoever_is_gone() -> None:
    assert subscription.IDLE + patience.STALLED + patience.GRACE <= 10  # after a sign of life that nobody takes
    assert websocket.BEAT_SECONDS * 1.5 <= 10  # the half is what the answer may take


@pytest.mark.usefixtures("patient")
def test_a_slow_client_misses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "MOST_QUEUED", 10)

    async def listen(served: Served) -> tuple[list[Any], list[Any]]:
        store = served.server.store
        job = await asyncio.to_thread(running, store, ADMIN)
        first = store.last_seq()
        async with open_websocket(served, ADMIN) as ws:
            await ws.send_json({"kind": "subscribe", "jobs": "all", "after": first})
            await hear(ws)
            writing = asyncio.get_running_loop().run_in_executor(None, flood, store, job)
            heard = []
            for number in range(EVENTS):
                if number < 50:
                    await asyncio.sleep(0.02)
                heard.append(await hear(ws))
            await writing
        return heard, told(log(store, after=first))

    with serving(tmp_path) as served:
        heard, stored = asyncio.run(listen(served))
        assert served.server.hub.statistics().overflows > 0

    assert heard == stored
