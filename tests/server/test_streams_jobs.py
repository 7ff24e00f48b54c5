"""Real jobs on the streams: progress first, pictures drawn only for watchers, and bytes in proportion to the nodes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType

from graphflow.api import SILENT, Context, node
from graphflow.jobs.events import StoredEvent
from graphflow.registry import Pack, Registry
from graphflow.server.streams.frames import Frame
from tests.jobs.stores import now
from tests.server.listening import PATIENCE, event_stream, hear, log, picture, sent_events, told, until, websocket
from tests.server.serving import A, B, Served, serving
from tests.toy import NODES, Clay, link

PAINT = threading.Event()
"""Goes on: first to the second coat, then to the end."""
DRAWN: list[int] = []


@node("Paint", category="toy")
def paint(*, ctx: Context = SILENT) -> Clay:
    """Paint two coats, the second when somebody says so."""
    for coat in (1, 2):
        ctx.progress(coat, 2)
        ctx.preview(lambda coat=coat: _draw(coat))  # type: ignore[misc]  # the default makes it this coat
        while not PAINT.wait(0.01):
            ctx.stop_if_cancelled()
        PAINT.clear()
    return Clay("painted")


def _draw(coat: int) -> bytes:
    DRAWN.append(coat)
    return b"coat %d" % coat


REGISTRY = Registry([Pack("painting", (*NODES, paint))])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    DRAWN.clear()
    PAINT.clear()
    with serving(tmp_path, registry=REGISTRY) as served:
        yield served


def submit(served: Served, nodes: dict[str, Any], user: str = A) -> str:
    ticket = served.ask("POST", "/api/v1/jobs", user=user, body={"workflow": {"format": "graphflow/1", "nodes": nodes}})
    assert ticket.status == 202, ticket.body
    return str(ticket.json["id"])


def chain(length: int, seed: int) -> dict[str, Any]:
    """Return so many nodes in a row."""
    nodes: dict[str, Any] = {"0": {"type": "Dig", "inputs": {"seed": seed}}}
    for number in range(1, length - 1):
        nodes[str(number)] = {"type": "Knead", "inputs": {"clay": link(str(number - 1)), "times": 3}}
    nodes["last"] = {"type": "Fire", "inputs": {"clay": link(str(length - 2))}}
    return nodes


def test_a_running_job_is_seen_by_who_comes_late(served: Served) -> None:
    job = submit(served, {"paint": {"type": "Paint"}, "fire": {"type": "Fire", "inputs": {"clay": link("paint")}}})

    async def listen() -> tuple[Any, bytes, list[Any]]:
        await until(lambda: bool(served.server.hub.progress_of(job)))
        assert DRAWN == []
        async with websocket(served, A) as ws, websocket(served, B) as other:
            await ws.send_json({"kind": "subscribe", "jobs": [job], "after": {job: 0}, "previews": True})
            await other.send_json({"kind": "subscribe", "jobs": "all", "after": 0, "previews": True})
            await hear(ws)
            first = await hear(ws)
            PAINT.set()
            frame, heard = b"", list[Any]()
            while not heard or heard[-1]["event"].get("state") != "done":
                message = await ws.receive(timeout=PATIENCE)
                if message.type is WSMsgType.BINARY:
                    frame = message.data
                    PAINT.set()
                else:
                    heard.append(json.loads(message.data))
            await hear(other)
            await other.send_json({"kind": "ping"})
            assert (await hear(other))["kind"] == "pong"
        return first, frame, heard

    first, frame, heard = asyncio.run(listen())

    assert (first["event"]["kind"], first["event"]["done"], first["event"]["total"]) == ("node.progress", 1, 2)
    assert picture(frame)[1] == b"coat 2"
    assert DRAWN == [2]
    assert [each for each in heard if "seq" in each] == told(log(served.server.store))
    assert [each["event"]["done"] for each in heard if "seq" not in each] == [2]
    kinds = [each["event"]["kind"] for each in heard if "seq" in each]
    ran = ["node.started", "node.finished", "node.started", "artifact.kept", "node.finished"]
    assert kinds == ["job.state", "job.state", *ran, "job.state"]


async def bytes_of(served: Served, length: int) -> int:
    """Return how many bytes arrive for a chain of so many nodes, on a WebSocket that follows all there is."""
    async with websocket(served, A) as ws:
        await ws.send_json({"kind": "subscribe", "jobs": "all", "previews": True})
        await hear(ws)
        await asyncio.to_thread(submit, served, chain(length, seed=length))
        size = 0
        while True:
            message = await ws.receive(timeout=PATIENCE)
            size += len(message.data)
            if message.type is WSMsgType.TEXT and json.loads(message.data)["event"].get("state") == "done":
                return size


def test_bytes_grow_in_proportion_to_the_nodes(served: Served) -> None:
    few, many = asyncio.run(bytes_of(served, 100)), asyncio.run(bytes_of(served, 300))

    print(f"bytes for 100 nodes: {few:,}, for 300: {many:,}")
    assert 2.5 < many / few < 3.5
    assert many < 300_000  # the incumbent sends about 18 MB for as many


def test_messages_with_all_nodes_in_them_would_be_found_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Frame.of

    def whole_state(event: StoredEvent) -> Frame:
        """Write with each event as much as all before it had."""
        frame = write(event)
        return frame._replace(data=json.dumps({**json.loads(frame.data), "all": ["x" * 100] * frame.n}).encode())

    monkeypatch.setattr(Frame, "of", whole_state)

    few, many = asyncio.run(bytes_of(served, 20)), asyncio.run(bytes_of(served, 60))

    assert many / few > 3.5


def test_a_job_is_followed_from_its_ticket_to_its_end(served: Served) -> None:
    job = submit(served, chain(5, seed=1))

    async def listen() -> list[Any]:
        async with event_stream(served, A, f"jobs/{job}/events") as response:
            return [message async for _, message in sent_events(response) if "seq" in message]

    heard = asyncio.run(listen())

    assert heard == told(served.server.store.events_after(job))
    assert heard[-1]["event"] == {"kind": "job.state", "state": "done", "attempt": 1}


def test_cancelling_a_job_ends_its_stream(served: Served) -> None:
    job = submit(served, {"paint": {"type": "Paint"}, "fire": {"type": "Fire", "inputs": {"clay": link("paint")}}})

    async def listen() -> list[Any]:
        async with event_stream(served, A, f"jobs/{job}/events") as response:
            messages = [message async for _, message in _cancel_when_running(response)]
            return [each["event"] for each in messages if "seq" in each]

    async def _cancel_when_running(response: Any) -> Any:
        async for number, message in sent_events(response):
            yield number, message
            if message.get("event", {}).get("kind") == "node.started":
                await asyncio.to_thread(now, served.server.store.cancel(job))

    heard = asyncio.run(listen())

    assert [each["kind"] for each in heard][-2:] == ["job.cancelling", "job.state"]
    assert heard[-1]["state"] == "cancelled"
