"""Promises 1 and 7: an acknowledged job is stored once, whenever the server is killed and however often it is asked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.reliability.house import House, house, restart
from tests.reliability.records import broken, stored_jobs
from tests.reliability.report import Report
from tests.reliability.workflows import TRIVIAL, single


@dataclass(frozen=True)
class Size:
    """How much is done; kills come at least `acks` / `kills` acknowledgements apart."""

    kills: int
    acks: int
    rounds: int


SHORT, FULL = Size(kills=3, acks=400, rounds=2), Size(kills=20, acks=5000, rounds=10)
LINES = 16


@dataclass
class Submitters:
    """Those who submit all the time, each request with a key of its own; `acked` are the ids that they were told."""

    house: House
    acked: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Submit until the block ends."""
        keys = count()
        async with aiohttp.ClientSession(headers=self.house.headers) as session:
            tasks = [asyncio.create_task(self._submit(session, keys)) for _ in range(LINES)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _submit(self, session: aiohttp.ClientSession, keys: Any) -> None:
        while True:
            key = str(next(keys))
            try:
                status, answer = await post(session, self.house.url, TRIVIAL, key)
            except (aiohttp.ClientError, OSError):
                self.unsure.append(key)
                await asyncio.sleep(0.02)
                continue
            if status == 202:
                self.acked[key] = answer["id"]
            else:
                self.wrong.append(f"{status}: {answer}")


async def post(session: aiohttp.ClientSession, url: str, workflow: Any, key: str) -> tuple[int, Any]:
    """Submit a job under a key."""
    headers = {"Idempotency-Key": key}
    async with session.post(f"{url}/api/v1/jobs", json={"workflow": workflow}, headers=headers) as response:
        return response.status, await response.json()


async def _kill_again_and_again(submitters: Submitters, size: Size, dice: random.Random) -> None:
    house = submitters.house
    async with submitters.busy():
        for kill in range(1, size.kills + 1):
            async with asyncio.timeout(120):
                while len(submitters.acked) < kill * size.acks / size.kills:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(dice.uniform(0, 0.1))
            house.kill()
            await restart(house)


async def _send_again(house: House, keys: list[str]) -> dict[str, str]:
    """Submit under keys whose answer was lost, and return the ids."""
    async with aiohttp.ClientSession(headers=house.headers) as session:
        return {key: (await post(session, house.url, TRIVIAL, key))[1]["id"] for key in keys}


def kills(folder: Path, size: Size, *changes: str) -> Report:
    """Kill the server again and again while it accepts jobs, and look for each that it had acknowledged."""
    report = Report("1")
    with house(folder, *changes) as server:
        submitters = Submitters(server)
        asyncio.run(_kill_again_and_again(submitters, size, random.Random(1)))
        submitters.acked |= asyncio.run(_send_again(server, submitters.unsure[-20:]))
        report.expect(server.drained(), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    by_key: dict[str | None, list[str]] = {}
    for job in jobs.values():
        by_key.setdefault(job.key, []).append(job.id)
    lost = [key for key, id in submitters.acked.items() if id not in by_key.get(key, ())]
    doubled = [key for key, ids in by_key.items() if len(ids) > 1]
    report.expect(not lost, f"{len(lost)} acknowledged jobs are lost")
    report.expect(not doubled, f"{len(doubled)} jobs are doubled")
    report.expect(len(submitters.acked) >= size.acks, "too few were acknowledged to show anything")
    report.expect(not submitters.wrong, f"{len(submitters.wrong)} refused: {submitters.wrong[:1]}")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(kills=size.kills, acknowledged=len(submitters.acked), lost=len(lost), doubled=len(doubled))
    return report


async def _ask_at_once(house: House, key: str, times: int) -> list[tuple[int, Any] | BaseException]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=house.headers, connector=connector) as session:
        asked = [post(session, house.url, TRIVIAL, key) for _ in range(times)]
        return await asyncio.gather(*asked, return_exceptions=True)


async def _ask_and_kill(house: House, key: str, times: int, seconds: float) -> list[Any]:
    asking = asyncio.create_task(_ask_at_once(house, key, times))
    await asyncio.sleep(seconds)
    house.kill()
    answers = await asking
    await restart(house)
    return [*answers, *await _ask_at_once(house, key, times)]


def keys(folder: Path, size: Size, *changes: str, times: int = 100) -> Report:
    """Ask for one job a hundred times at once, also while the server is killed, and for another under its key."""
    report, dice = Report("7"), random.Random(2)
    told, conflicts = 0, 0
    with house(folder, *changes) as server:
        for number in range(size.rounds):
            seconds = dice.uniform(0.01, 0.15)
            answers = asyncio.run(_ask_and_kill(server, f"key {number}", times, seconds))
            heard = [each for each in answers if isinstance(each, tuple)]
            ids = {answer["id"] for status, answer in heard if status == 202}
            told += len(heard)
            report.expect(len(ids) == 1, f"key {number} made {len(ids)} jobs")
            report.expect(all(status == 202 for status, _ in heard), f"an answer under key {number} was no 202")
            other = {"workflow": single("Number", value=number + 100)}
            status, answer = server.ask("POST", "jobs", other, **{"Idempotency-Key": f"key {number}"})
            conflicts += status == 409
            report.expect(status == 409, f"another request under key {number} was answered with {status}: {answer}")
        report.expect(server.drained(), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    made = len(stored_jobs(server.home))
    report.expect(made == size.rounds, f"{size.rounds} keys made {made} jobs")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(keys=size.rounds, requests_at_once=times, answers=told, jobs=made, conflicts_refused=conflicts)
    return report
