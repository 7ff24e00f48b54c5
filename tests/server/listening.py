"""What tests of the streams share: a hub on a store, a running job, and short ways to listen."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse

from graphflow.events import NodeFinished, NodeLogged, NodePreview, NodeProgress, NodeStarted
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import Job, NewJob
from graphflow.jobs.store import JobStore
from graphflow.server.streams.frames import Item
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.subscription import Subscription
from tests.jobs.stores import now
from tests.server.serving import Served

SSE = {"Accept": "text/event-stream"}
STARTED = NodeStarted(node="sampler", type="KSampler")
FINISHED = NodeFinished(node="sampler", how="ran", seconds=0.5)
PATIENCE = 60.0


def progress(done: int, node: str = "sampler") -> NodeProgress:
    return NodeProgress(node=node, done=done, total=20)


def preview(data: bytes = b"picture", node: str = "sampler") -> NodePreview:
    return NodePreview(node=node, media_type="image/jpeg", data=data)


def line(text: str = "hello") -> NodeLogged:
    return NodeLogged(node="sampler", message=text)


def running(store: JobStore, client: str = "local") -> Job:
    """Return a job that a worker of the test's own has begun, before any other could."""
    with store.together():
        submitted, claimed = store.submit(NewJob("{}", client=client)), store.claim("w")
    claim = now(claimed)
    assert claim is not None
    assert claim.job.id == now(submitted)[0].id
    return claim.job


def run(store: JobStore, client: str, nodes: int = 5) -> Job:
    """Run a job of so many nodes to its end."""
    job = running(store, client)
    for node in range(nodes):
        now(store.append(job.id, job.attempt, [NodeStarted(node=str(node), type="Toy")]))
        now(store.append(job.id, job.attempt, [NodeFinished(node=str(node), how="ran")]))
    return now(store.finish(job.id, job.attempt, {}))


def log(store: JobStore, client: str | None = None, after: int = 0) -> list[StoredEvent]:
    """Return all stored events, or one client's."""
    return list(store.events_after_seq(after, 1_000_000, client).events)


def told(events: Sequence[StoredEvent]) -> list[dict[str, Any]]:
    """Return events as they must arrive, put together independently of the server."""
    return [
        {"seq": e.seq, "n": e.n, "job": e.job, "attempt": e.attempt, "at": e.at, "event": json.loads(e.body)}
        for e in events
    ]


@asynccontextmanager
async def hub_on(folder: Path) -> AsyncIterator[tuple[Hub, JobStore]]:
    """Give a hub that hears of what its store stores, on the running loop."""
    loop, hubs = asyncio.get_running_loop(), list[Hub]()

    def announce(events: Sequence[StoredEvent]) -> None:
        for hub in hubs:
            loop.call_soon_threadsafe(hub.deliver, events)

    store = JobStore(folder / "jobs", announce)
    try:
        hubs.append(Hub(store))
        yield hubs[0], store
    finally:
        await asyncio.to_thread(store.close)


async def settle() -> None:
    """Let the loop do what was asked of it from other threads."""
    for _ in range(5):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.01)


async def take(listener: Subscription, count: int) -> list[Item]:
    """Return the next things that a listener gets."""
    async with asyncio.timeout(PATIENCE):
        items = [await listener.next() for _ in range(count)]
    return [item for item in items if item is not None]


def read(items: Sequence[Item]) -> list[Any]:
    """Return the JSON of what is no picture."""
    return [json.loads(item.data) for item in items if not item.binary]


def picture(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a binary frame apart."""
    (length,) = struct.unpack(">I", frame[:4])
    return json.loads(frame[4 : 4 + length]), frame[4 + length :]


@asynccontextmanager
async def websocket(served: Served, user: str, **sent: str) -> AsyncIterator[ClientWebSocketResponse]:
    """Open a WebSocket as a user."""
    address, headers = f"{served.url}/api/v1/ws", {**served.headers(user), **sent}
    async with ClientSession() as session, session.ws_connect(address, headers=headers) as line:
        yield line


async def hear(line: ClientWebSocketResponse) -> Any:
    """Return the next message on a WebSocket."""
    return await line.receive_json(timeout=PATIENCE)


@asynccontextmanager
async def event_stream(served: Served, user: str, path: str, **headers: str) -> AsyncIterator[ClientResponse]:
    """Open a stream of Server-Sent Events as a user."""
    address, sent = f"{served.url}/api/v1/{path}", {**served.headers(user), **SSE, **headers}
    async with ClientSession() as session, session.get(address, headers=sent) as response:
        yield response


async def sent_events(response: ClientResponse) -> AsyncIterator[tuple[int | None, Any]]:
    """Yield the number and the message of each Server-Sent Event."""
    number: int | None = None
    async for raw in response.content:
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name == "id":
            number = int(value)
        elif name == "data":
            yield number, json.loads(value)
            number = None
