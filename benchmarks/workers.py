"""What a worker adds to a job with twenty events: from its text to the last event, with no server and no disk behind it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from benchmarks.measuring import Figure, Times, times
from benchmarks.serving import PACK
from benchmarks.trivial import events_of
from graphflow.engine import Engine
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.worker import Worker
from graphflow.jobs.worker.inline import InlineWorker
from graphflow.jobs.worker.process import ProcessWorker
from graphflow.jobs.worker.seam import JobDone, Task

EVENTS = 20
JOBS = 300
_WARM_UP = 50


def figures(work: Path) -> list[Figure]:
    """Return what a job with twenty events takes on each kind of worker, and in the engine alone."""
    with Engine(work / "engine", packs=[PACK]) as engine:
        alone = times(lambda: engine.run(events_of(EVENTS)), JOBS)
        inline = asyncio.run(_measure(InlineWorker(engine, BlobFolder(engine.home.artifacts))))
    process = asyncio.run(_measure(ProcessWorker(Home(work / "process"), packs=[PACK], device="cpu")))
    return [
        alone.figure(f"a job with {EVENTS} events: the engine alone", "ms"),
        inline.figure(f"a job with {EVENTS} events: inline worker", "ms", goal=1),
        process.figure(f"a job with {EVENTS} events: process worker", "ms", goal=2),
    ]


async def _measure(worker: Worker) -> Times:
    body = json.dumps({"workflow": events_of(EVENTS), "inputs": {}, "targets": None})
    await worker.start()
    try:
        for number in range(_WARM_UP):
            await _run(worker, Task(f"warm-up-{number}", 1, body))
        taken = Times()
        for number in range(JOBS):
            clock = asyncio.get_running_loop().time
            start = clock()
            events = await _run(worker, Task(f"job-{number}", 1, body))
            taken.wall.append(clock() - start)
            if events != EVENTS:
                raise RuntimeError(f"the job reported {events} events instead of {EVENTS}")
        return taken
    finally:
        await worker.stop()


async def _run(worker: Worker, task: Task) -> int:
    """Run a job and return how many events it reported before its end."""
    reports = [each async for each in worker.run(task)]
    if not isinstance(reports[-1], JobDone):
        raise RuntimeError(f"the job did not end well: {reports[-1]}")
    return len(reports) - 1
