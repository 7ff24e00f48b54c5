"""Promise 18: hours of mixed work, kills and reconnects leave memory, open files and logs as they were."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from tests.reliability.chaos import mixed
from tests.reliability.house import House, house
from tests.reliability.reconnects import BROKEN, Listener
from tests.reliability.records import broken
from tests.reliability.report import Report

SLOPE = 1 << 20
"""Bytes an hour that the server's memory may grow after it is warm."""
KEPT = 1000
"""Ended jobs that the server keeps: so few that it deletes old ones long before the half that is measured."""


@dataclass(frozen=True)
class Size:
    """For how long, how many jobs a second, and how often a worker is killed; is the slope strict?"""

    seconds: float
    rate: float
    kill_every: float
    timed: bool


SHORT, FULL = Size(6.0, 20.0, 2.5, timed=False), Size(600.0, 20.0, 10.0, timed=True)


@dataclass
class Watch:
    """What the server's process held, by time."""

    samples: list[tuple[float, int, int]] = field(default_factory=list)
    submitted: int = 0
    killed: int = 0

    def slope(self) -> float:
        """Return by how many bytes an hour memory grew in the second half, by least squares."""
        half = self.samples[len(self.samples) // 2 :]
        times, sizes = [each[0] for each in half], [each[1] for each in half]
        t, s = sum(times) / len(times), sum(sizes) / len(sizes)
        spread = sum((each - t) ** 2 for each in times) or 1.0
        return 3600 * sum((a - t) * (b - s) for a, b in zip(times, sizes, strict=True)) / spread


def soak(folder: Path, size: Size, *changes: str) -> Report:
    """Run jobs of all kinds with kills of the worker and clients that come and go, and watch the server's process."""
    report, watch = Report("18"), Watch()
    with house(folder, *changes, options=["--keep-jobs", str(KEPT)]) as server:
        listeners = [Listener(server, "sse"), Listener(server, "ws")]
        asyncio.run(_live(server, size, watch, listeners))
        report.expect(server.drained(), "the queue did not empty")
        time.sleep(0.5)
        idle = _look(server)
        report.expect(server.stop() == 0, "the server did not stop in order")
    first, last = watch.samples[len(watch.samples) // 4], watch.samples[-1]
    slope = watch.slope()
    files = [each[2] for each in watch.samples]
    report.expect(idle[2] <= files[0] + 12, f"{files[0]} files were open at first and {idle[2]} are now")
    if size.timed:
        report.expect(slope <= SLOPE, f"memory grows by {slope / 2**20:.1f} MiB an hour")
    mistakes = server.mistakes() + _unexpected(server)
    report.expect(not mistakes, f"{len(mistakes)} unexpected lines in the log: {mistakes[:2]}")
    report.faults += broken(server.home)[:5]
    visits = sum(each.visits for each in listeners)
    report.say(
        lasted=f"{size.seconds / 60:.1f} min", jobs=watch.submitted, workers_killed=watch.killed, reconnects=visits
    )
    report.say(jobs_kept=KEPT)
    report.say(memory=f"{first[1] >> 20} MiB warm, {last[1] >> 20} MiB at the end, {idle[1] >> 20} MiB idle")
    report.say(slope_of_the_second_half=f"{slope / 2**20:+.1f} MiB an hour (goal: at most +1)")
    report.say(open_files=f"{files[0]} at first, {idle[2]} idle at the end", unexpected_lines=len(mistakes))
    return report


def _unexpected(server: House) -> list[str]:
    """Return errors in the server's log; a worker that we killed while it started is none."""
    lines = server.log.read_text().splitlines()
    return [line for line in lines if " ERROR " in line and not ("cannot be started" in line and "SIGKILL" in line)]


def _look(server: House) -> tuple[float, int, int]:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    return time.monotonic(), process.memory_info().rss, process.num_fds()


async def _live(server: House, size: Size, watch: Watch, listeners: list[Listener]) -> None:
    end = time.monotonic() + size.seconds
    watch.samples.append(_look(server))
    tasks = [_submit(server, size, watch, end), _kill(server, size, watch, end), _watch(server, watch, end)]
    await asyncio.gather(*tasks, *(_visit(each, end) for each in listeners))


async def _submit(server: House, size: Size, watch: Watch, end: float) -> None:
    async with aiohttp.ClientSession(headers=server.headers) as session:
        while time.monotonic() < end:
            body = {"workflow": mixed(watch.submitted)}
            async with session.post(f"{server.url}/api/v1/jobs", json=body) as response:
                assert response.status == 202, await response.text()
            watch.submitted += 1
            # Half of the jobs take most of a second: no more of them than there is time for.
            await asyncio.sleep(1 / size.rate if watch.submitted % 4 != 1 else 0.6)


async def _kill(server: House, size: Size, watch: Watch, end: float) -> None:
    while time.monotonic() + size.kill_every < end:
        await asyncio.sleep(size.kill_every)
        for worker in server.workers()[:1]:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
                watch.killed += 1


async def _watch(server: House, watch: Watch, end: float) -> None:
    while time.monotonic() < end:
        await asyncio.sleep(0.5)
        watch.samples.append(_look(server))


async def _visit(listener: Listener, end: float) -> None:
    dice = random.Random(18)
    async with aiohttp.ClientSession(headers=listener.house.headers) as session:
        while time.monotonic() < end:
            with suppress(*BROKEN):
                await listener.visit(session, dice.choice((0, 5, 50)), dice.uniform(0.1, 1.0))
            del listener.heard[:-1]
