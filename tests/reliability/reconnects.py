"""Promise 16: who comes back with `after=N`, however often and also after a kill, has exactly what was stored."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.reliability.house import LONG, House, house, restart
from tests.reliability.records import broken, opened
from tests.reliability.report import Report
from tests.reliability.workflows import single

BROKEN = (aiohttp.ClientError, OSError, asyncio.IncompleteReadError)


@dataclass(frozen=True)
class Size:
    """How many reconnects in all, and how often the server is killed meanwhile."""

    reconnects: int
    kills: int
    listeners: int = 5


SHORT, FULL = Size(reconnects=60, kills=1), Size(reconnects=200, kills=6)


@dataclass
class Listener:
    """Somebody whose line breaks all the time; `heard` are the events of all jobs that reached them."""

    house: House
    kind: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    visits: int = 0
    resyncs: int = 0

    @property
    def after(self) -> int:
        """The number of the last event that was heard."""
        return int(self.heard[-1]["seq"]) if self.heard else 0

    async def visit(self, session: aiohttp.ClientSession, most: int, silence: float) -> None:
        """Come back behind the last number, hear so many events at most, and break the line."""
        stream = self._sse(session) if self.kind == "sse" else self._ws(session)
        with suppress(TimeoutError):
            async with aclosing(stream):
                wanted = len(self.heard) + most
                while len(self.heard) < wanted:
                    async with asyncio.timeout(silence):
                        message = await anext(stream, None)
                    if message is None:
                        break
                    self._take(message)
        self.visits += 1

    def _take(self, message: dict[str, Any]) -> None:
        if "seq" in message:
            self.heard.append(message)
        elif message.get("kind") == "resync":
            self.resyncs += 1

    async def _sse(self, session: aiohttp.ClientSession) -> AsyncGenerator[dict[str, Any], None]:
        headers = {"Accept": "text/event-stream"}
        async with session.get(f"{self.house.url}/api/v1/events?after={self.after}", headers=headers) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and (message := json.loads(line[6:])):
                    yield message

    async def _ws(self, session: aiohttp.ClientSession) -> AsyncGenerator[dict[str, Any], None]:
        async with session.ws_connect(f"{self.house.url}/api/v1/ws") as line:
            await line.send_json({"kind": "subscribe", "jobs": "all", "after": self.after})
            async for raw in line:
                if raw.type is aiohttp.WSMsgType.TEXT and (message := raw.json()):
                    yield message


def at_random(folder: Path, size: Size, *changes: str) -> Report:
    """Have clients come and go while jobs run and the server is killed, and compare what they heard with the store."""
    report = Report("16")
    with house(folder, *changes) as server:
        listeners = [Listener(server, "ws" if number % 2 else "sse") for number in range(size.listeners)]
        asyncio.run(_come_and_go(server, listeners, size))
        report.expect(server.drained(), "the queue did not empty")
        stored = _stored(server)
        asyncio.run(_catch_up(server, listeners, len(stored)))
        report.expect(server.stop() == 0, "the server did not stop in order")
    gaps = doubles = 0
    for listener in listeners:
        heard = [(each["seq"], each["job"], each["n"], each["event"]) for each in listener.heard]
        doubles += len(heard) - len({seq for seq, *_ in heard})
        gaps += len(set(map(_key, stored)) - set(map(_key, heard)))
        report.expect(
            heard == stored, f"a {listener.kind} client heard {len(heard)} events of {len(stored)}, or others"
        )
        report.expect(listener.resyncs == 0, "a client had to begin anew")
    visits = sum(each.visits for each in listeners)
    report.expect(visits >= size.reconnects, f"only {visits} reconnects")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(reconnects=visits, kills=size.kills, clients=f"{size.listeners} (SSE and WebSocket)", events=len(stored))
    report.say(gaps=gaps, doubles=doubles)
    return report


def _key(event: tuple[int, str, int, Any]) -> int:
    return event[0]


def _stored(server: House) -> list[tuple[int, str, int, Any]]:
    """Return all events as the database has them."""
    with opened(server.home) as database:
        rows = database.execute("SELECT seq, job, n, body FROM events ORDER BY seq").fetchall()
    return [(seq, job, n, json.loads(body)) for seq, job, n, body in rows]


async def _come_and_go(server: House, listeners: list[Listener], size: Size) -> None:
    dice, stop = random.Random(16), asyncio.Event()
    tasks = [asyncio.create_task(_keep_busy(server, stop))]
    tasks += [asyncio.create_task(_repeat(each, size.reconnects // size.listeners + 1, dice)) for each in listeners]
    for _ in range(size.kills):
        await asyncio.sleep(dice.uniform(0.4, 1.2))
        server.kill()
        await restart(server)
    async with asyncio.timeout(LONG):
        await asyncio.gather(*tasks[1:])
    stop.set()
    await tasks[0]


async def _keep_busy(server: House, stop: asyncio.Event) -> None:
    """Submit small jobs that say something, all the time."""
    async with aiohttp.ClientSession(headers=server.headers) as session:
        while not stop.is_set():
            body = {"workflow": single("Say", lines=3, size=20, seconds=0.005)}
            with suppress(*BROKEN):
                async with session.post(f"{server.url}/api/v1/jobs", json=body) as response:
                    await response.read()
            await asyncio.sleep(0.03)


async def _repeat(listener: Listener, times: int, dice: random.Random) -> None:
    async with aiohttp.ClientSession(headers=listener.house.headers) as session:
        while listener.visits < times:
            try:
                await listener.visit(session, dice.choice((0, 1, 1, 3, 10, 30)), dice.uniform(0.05, 0.5))
            except BROKEN:
                await asyncio.sleep(0.05)


async def _catch_up(server: House, listeners: list[Listener], stored: int) -> None:
    """Have each hear what is left."""
    async with aiohttp.ClientSession(headers=server.headers) as session:
        for listener in listeners:
            await listener.visit(session, stored - len(listener.heard), 3.0)
