"""Asks a server as fast as it answers, over connections that stay open, with as little work of its own as possible."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import aiohttp

from benchmarks.serving import Serving

_ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Load:
    """How it went: requests a second, and how long each took, in seconds."""

    rate: float
    latencies: list[float]


class Line:
    """One connection; requests go over it one after the other."""

    def __init__(self, serving: Serving, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = serving.address
        self._head = (
            f"Host: {host}:{port}\r\nAuthorization: Bearer {serving.token}\r\nContent-Type: application/json\r\n"
        )
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, serving: Serving) -> Line:
        """Connect."""
        return cls(serving, *await asyncio.open_connection(*serving.address))

    async def ask(self, method: str, path: str, body: Any, status: int) -> Any:
        """Send a request and return the answer's data; raise RuntimeError for another status than this."""
        data = json.dumps(body).encode()
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(data)}\r\n\r\n".encode() + data
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(int(each[15:]) for each in head.split("\r\n") if each.lower().startswith("content-length:"))
        answer = await self._reader.readexactly(length)
        if int(head.split(" ", 2)[1]) != status:
            raise RuntimeError(f"{method} {path} was answered with {head.splitlines()[0]}: {answer[:500]!r}")
        return json.loads(answer) if answer else None

    async def submit(self, workflow: Any) -> str:
        """Submit a job, and return its id once it is stored."""
        return str((await self.ask("POST", "/api/v1/jobs", {"workflow": workflow}, 202))["id"])

    async def close(self) -> None:
        """Disconnect."""
        self._writer.close()
        await self._writer.wait_closed()


async def submit_all(serving: Serving, workflows: Iterable[Any], connections: int) -> Load:
    """Submit jobs over so many connections at once, each of which waits for its answer before it asks again."""
    lines = [await Line.open(serving) for _ in range(connections)]
    waiting: Iterator[Any] = iter(workflows)
    latencies: list[float] = []

    async def work(line: Line) -> None:
        for workflow in waiting:
            start = perf_counter()
            await line.submit(workflow)
            latencies.append(perf_counter() - start)

    start = perf_counter()
    try:
        await asyncio.gather(*(work(line) for line in lines))
        seconds = perf_counter() - start
    finally:
        for line in lines:
            await line.close()
    return Load(len(latencies) / seconds, latencies)


async def pause(serving: Serving, paused: bool = True) -> None:
    """Hold the queue, or let it go on."""
    line = await Line.open(serving)
    await line.ask("POST", f"/api/v1/queue/{'pause' if paused else 'resume'}", {}, 200)
    await line.close()


class Ends:
    """Hears over a WebSocket which jobs have ended."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    @classmethod
    async def follow(cls, session: aiohttp.ClientSession, serving: Serving) -> Ends:
        """Follow all jobs from now on."""
        headers = {"Authorization": f"Bearer {serving.token}"}
        socket = await session.ws_connect(f"{serving.url}/api/v1/ws", headers=headers, max_msg_size=0)
        await socket.send_json({"kind": "subscribe", "jobs": "all"})
        await socket.receive_json()  # "subscribed"
        return cls(socket)

    async def next(self) -> str:
        """Return the next job that has ended; raise RuntimeError when it did not end well."""
        async for message in self._socket:
            if '"job.state"' not in message.data:
                continue
            said = json.loads(message.data)
            state = said["event"]["state"]
            if state in _ENDED:
                if state != "done":
                    raise RuntimeError(f"a job has {state}: {message.data}")
                return str(said["job"])
        raise RuntimeError("the server closed the stream")


async def burst(serving: Serving, workflows: list[Any], connections: int) -> float:
    """Submit jobs all at once and return how many of them a second were submitted, run, and known to be done."""
    async with aiohttp.ClientSession() as session:
        ends = await Ends.follow(session, serving)
        start = perf_counter()
        submitting = asyncio.create_task(submit_all(serving, workflows, connections))
        for _ in workflows:
            await ends.next()
        seconds = perf_counter() - start
        await submitting
    return len(workflows) / seconds


async def one_by_one(serving: Serving, workflows: Iterable[Any]) -> list[float]:
    """Submit jobs one at a time and return after how many seconds each was known to be done."""
    taken = []
    async with aiohttp.ClientSession() as session:
        ends, line = await Ends.follow(session, serving), await Line.open(serving)
        for workflow in workflows:
            start = perf_counter()
            id = await line.submit(workflow)
            while await ends.next() != id:
                pass
            taken.append(perf_counter() - start)
        await line.close()
    return taken
