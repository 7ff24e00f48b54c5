"""The real server behind a line that is cut at random: no job is doubled or lost, no event is missed or told twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphflow.client import AsyncClient, Unreachable
from graphflow.wire.events import StoredMessage
from tests.server.serving import A, serving
from tests.toy import link, workflow

LINKS: dict[str, tuple[str, Any]] = {
    f"k{n}": ("Knead", {"clay": link(f"k{n - 1}" if n else "dig"), "times": 1}) for n in range(30)
}
CHAIN = workflow(
    {"dig": ("Dig", {}), **LINKS, "fire": ("Fire", {"clay": link("k29")})},
    inputs={"seed": {"node": "dig", "input": "seed"}},
)


@dataclass
class Line:
    """A line to a server that breaks after so many bytes, drawn anew for each connection."""

    dice: random.Random
    least: int
    most: int
    port: int = 0
    target: int = 0
    cuts: int = 0
    carried: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, and be waited for."""
        task = asyncio.create_task(self.carry(reader, writer))
        self.carried.add(task)
        await task

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until it is cut or over."""
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        left = self.dice.randint(self.least, self.most)

        async def answer() -> None:
            nonlocal left
            while left > 0 and (data := await there.read(512)):
                writer.write(data[:left])
                left -= len(data)
                await writer.drain()
            self.cuts += left <= 0
            writer.transport.abort()

        async def ask() -> None:
            while data := await reader.read(4096):
                back.write(data)
                await back.drain()
            back.transport.abort()  # the client is gone, so its server need not answer

        asking = asyncio.create_task(ask())
        try:
            await answer()
        except ConnectionError:
            pass
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            writer.transport.abort()
            back.transport.abort()


@asynccontextmanager
async def opened(line: Line) -> AsyncIterator[Line]:
    """Open the line."""
    server = await asyncio.start_server(line.take, "127.0.0.1", line.port)
    try:
        yield line
    finally:
        server.close()
        await asyncio.gather(*line.carried)


def free_port() -> int:
    async def find() -> int:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = int(server.sockets[0].getsockname()[1])
        server.close()
        await server.wait_closed()
        return port

    return asyncio.run(find())


async def run_jobs(line: Line, token: str, jobs: int) -> dict[str, list[int]]:
    """Submit jobs and follow each to its end; return the numbers of its events as they came."""
    told: dict[str, list[int]] = {}
    async with opened(line), AsyncClient(f"http://127.0.0.1:{line.port}", token, patience=60) as client:
        for seed in range(jobs):
            job = await client.submit(CHAIN, {"seed": seed})
            assert job.id not in told
            told[job.id] = [each.n async for each in job.events() if isinstance(each, StoredMessage)]
    return told


def test_cuts_double_no_job_and_cost_no_event(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, allowed=(f"127.0.0.1:{port}",)) as served:
        line = Line(random.Random(5), least=50, most=4000, port=port, target=served.port)
        told = asyncio.run(run_jobs(line, served.tokens[A], 8))
        stored = {id: [each.n for each in served.server.store.events_after(id)] for id in told}
        there = {job.id for job in served.server.store.list().jobs}

    assert line.cuts > 15
    assert there == set(told)
    assert told == stored


def test_without_patience_a_cut_is_an_error(tmp_path: Path) -> None:
    port = free_port()

    async def submit(line: Line, token: str) -> None:
        async with opened(line), AsyncClient(f"http://127.0.0.1:{line.port}", token, patience=0) as client:
            await client.submit(CHAIN)

    with serving(tmp_path, allowed=(f"127.0.0.1:{port}",)) as served:
        line = Line(random.Random(5), least=50, most=60, port=port, target=served.port)
        with pytest.raises(Unreachable):
            asyncio.run(submit(line, served.tokens[A]))

    assert line.cuts == 1
