"""`graphflow serve` under load: jobs accepted, jobs done, memory, and how fast it is there again."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import disk, workers
from benchmarks.load import Line, Load, burst, one_by_one, pause, submit_all
from benchmarks.measuring import Figure, Report
from benchmarks.serving import Serving, serving
from benchmarks.trivial import sum_of

TITLE = "Server"
ABOUT = """A real `graphflow serve` with its worker process, in a fresh home, with a pack of trivial nodes; the load comes from
another process of the same machine, over connections that stay open. Everything is durable: a job is answered with 202
when it is flushed to the disk, and it is done for a client when its end is. Jobs that come together share a flush, which is
the floor that one job alone cannot go below: it is flushed twice, when it is accepted (and claimed), and when it has ended.
*Processor* is that of the API process for each job, or of all processes where a job is run. "Other inputs": each job has a
value of its own, so nothing was planned or computed before. "A slower disk" adds 5 ms to each flush of the server.
ComfyUI, which keeps its queue in memory only, was measured on the same kind of machine with trivial jobs of its own:
1,070 jobs a second in a burst, and 1.2 ms for one job alone, both without any durability."""

TXT2IMG = Path("workflows/txt2img.json")
CONNECTIONS = 64
ROUNDS = 3
ACCEPTED = 2000
BURST = 1000
ALONE = 300
QUEUED = 10_000
SLOWER = 0.005
_QUIET = 3.0
"""Seconds for a server to come to rest after its start."""
_IDLE = 10.0


def measure(work: Path) -> Report:
    """Return the figures about the server."""
    flush = disk.flushes(work).figure("one flush of the disk (a page, fsync): the floor", "ms")
    figures = [flush, *_accepting(work / "accepting"), *_slow(work)]
    for slots in (1, 8):
        figures += _running(work / f"running-{slots}", slots, flush)
    figures += [*workers.figures(work), *_life(work / "life"), _first_picture(work / "picture")]
    return Report(TITLE, ABOUT, figures)


def _others() -> Iterator[Any]:
    """Yield jobs of which no two are equal."""
    while True:
        yield sum_of(random.getrandbits(62))


def _take(number: int) -> list[Any]:
    others = _others()
    return [next(others) for _ in range(number)]


def _accepting(home: Path) -> list[Figure]:
    """Measure how many jobs are taken while none of them runs."""
    with serving(home) as server:
        time.sleep(_QUIET)
        asyncio.run(pause(server))
        same = [_accepted(server, [sum_of(5)] * ACCEPTED) for _ in range(ROUNDS)]
        others = [_accepted(server, _take(ACCEPTED)) for _ in range(ROUNDS)]
    return [*_rates("accepted, the same job each time", same, 1000, 150), *_rates("accepted, other inputs", others)]


def _slow(work: Path) -> list[Figure]:
    """Measure the same with a disk that takes longer, where one can be made."""
    environment = disk.slower(work, SLOWER)
    if environment is None:
        return []
    with serving(work / "slow", environment=environment) as server:
        time.sleep(_QUIET)
        asyncio.run(pause(server))
        slow = [_accepted(server, [sum_of(5)] * ACCEPTED) for _ in range(ROUNDS)]
    return _rates("accepted, the same job each time, a slower disk", slow, 500)


def _accepted(server: Serving, jobs: list[Any]) -> tuple[Load, float]:
    """Return how it went, and for how many seconds the server worked for each job."""
    before = server.worked()
    load = asyncio.run(submit_all(server, jobs, CONNECTIONS))
    return load, (server.worked() - before) / len(jobs)


def _rates(
    what: str, rounds: list[tuple[Load, float]], rate: float | None = None, late: float | None = None
) -> list[Figure]:
    rates = [load.rate for load, _ in rounds]
    lates = [1e3 * quantiles(load.latencies, n=100)[-1] for load, _ in rounds]
    worked = 1e3 * median(each for _, each in rounds)
    over = f"{CONNECTIONS} connections"
    return [
        Figure(f"{what}: {over}", "jobs/s", median(rates), max(rates), goal=rate),
        Figure(f"{what}: 99 of 100 within", "ms", median(lates), min(lates), worked, late),
    ]


def _running(home: Path, slots: int, flush: Figure) -> list[Figure]:
    """Measure how fast trivial jobs are done, many at once and one after the other."""
    at = f"{slots} slot" if slots == 1 else f"{slots} slots"
    with serving(home, "--slots", str(slots)) as server:
        asyncio.run(burst(server, _take(100), 8))
        time.sleep(_QUIET)
        before = server.worked_with_workers()
        rates = [asyncio.run(burst(server, _take(BURST), CONNECTIONS)) for _ in range(ROUNDS)]
        worked = 1e3 * (server.worked_with_workers() - before) / (ROUNDS * BURST)
        before = server.worked_with_workers()
        alone = [1e3 * each for each in asyncio.run(one_by_one(server, _take(ALONE)))]
        worked_alone = 1e3 * (server.worked_with_workers() - before) / ALONE
    half, floor = median(alone), 2 * flush.median
    return [
        Figure(f"submitted, run and done, other inputs: {at}", "jobs/s", median(rates), max(rates), goal=500),
        Figure(f"what the processors worked for one of them: {at}", "ms", worked),
        Figure(f"one job alone, submitted to done: {at}", "ms", half, min(alone), worked_alone, 5, floor=floor),
    ]


def _life(home: Path) -> list[Figure]:
    """Measure start, rest, memory under load, and the start with a long queue."""
    with serving(home) as server:
        asyncio.run(burst(server, _take(1), 1))
        time.sleep(_QUIET)
        ready, idle = server.seconds, server.resident
        before = server.worked_with_workers()
        time.sleep(_IDLE)
        resting = 100 * (server.worked_with_workers() - before) / _IDLE
        asyncio.run(pause(server))
        asyncio.run(submit_all(server, _take(QUEUED), CONNECTIONS))
        loaded = server.resident
    start = time.perf_counter()
    with serving(home) as server:
        asyncio.run(_first_answer(server))
        again = time.perf_counter() - start
    return [
        Figure("from its start until it says that it is ready", "s", ready),
        Figure("memory of the API process at rest", "MB", idle, goal=150),
        Figure(f"memory of the API process after {QUEUED:,} jobs", "MB", loaded, goal=150),
        Figure("one processor's time that server and worker take at rest", "%", resting),
        Figure(f"killed with {QUEUED:,} queued jobs, from its start to the first 202", "s", again, goal=2),
    ]


async def _first_answer(server: Serving) -> None:
    line = await Line.open(server)
    await line.submit(sum_of(0))
    await line.close()


def _first_picture(home: Path) -> Figure:
    """Measure the first picture of a server whose worker had time to import what it takes."""
    workflow = json.loads(TXT2IMG.read_bytes())
    with serving(home, warm=True) as server:
        log = home / "logs" / "worker-worker.log"
        while not (log.exists() and "ahead of their use, in" in log.read_text()):
            time.sleep(0.5)
        time.sleep(_QUIET)
        (taken,) = asyncio.run(one_by_one(server, [workflow]))
    return Figure(f"the first `{TXT2IMG}` of a server that had time to warm up", "s", taken, goal=2)
