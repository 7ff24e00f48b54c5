"""What the tests of workers have in common: tasks from workflows, and a kind of worker to run them on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from graphflow.engine import Engine
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.model import KeptArtifact
from graphflow.jobs.worker import Report, Task, Worker
from graphflow.jobs.worker.inline import InlineWorker
from graphflow.jobs.worker.process import ProcessWorker

PACK = Path(__file__).with_name("worker_pack.py")
LONG = 60.0
"""Seconds that nothing here takes, whatever else the machine does."""

T = TypeVar("T")
Nodes = Mapping[str, tuple[str, Mapping[str, Any]]]


class MakeWorker(Protocol):
    """Make a worker of some kind for a home; it is not started. `lease` counts where a process can fall silent."""

    def __call__(self, home: Home, *, slots: int = 1, lease: float = 15.0) -> Worker: ...


def inline(home: Home, *, slots: int = 1, lease: float = 15.0) -> Worker:
    engine = Engine(home, packs=[PACK], device="cpu")
    return InlineWorker(engine, BlobFolder(home.artifacts), "inline", slots)


def process(home: Home, *, slots: int = 1, lease: float = 15.0) -> Worker:
    return ProcessWorker(home, "toy", slots=slots, packs=[PACK], device="cpu", lease=lease)


def link(node: str, output: str = "out") -> dict[str, str]:
    return {"node": node, "output": output}


def body(nodes: Nodes, *, inputs: Mapping[str, Any] | None = None, **more: Any) -> str:
    """Write a job's body: `outputs` of the workflow are `{name: (node, output)}`; the rest is the job's own."""
    named = {name: link(*source) for name, source in more.pop("outputs", {}).items()}
    taken = {name: {"node": node, "input": input} for name, (node, input) in more.pop("takes", {}).items()}
    written = {name: {"type": kind, "inputs": dict(values)} for name, (kind, values) in nodes.items()}
    workflow = {"format": "graphflow/1", "nodes": written, "outputs": named, "inputs": taken}
    return json.dumps({"workflow": workflow, "inputs": dict(inputs or {}), **more})


def task(
    nodes: Nodes, job: str = "job", attempt: int = 1, *, user: str | None = None,
    kept: tuple[KeptArtifact, ...] = (), **more: Any,
) -> Task:  # fmt: skip
    return Task(job, attempt, body(nodes, **more), user, kept)


def run_in_time(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario; one that hangs fails."""

    async def guarded() -> T:
        async with asyncio.timeout(LONG):
            return await scenario

    return asyncio.run(guarded())


@asynccontextmanager
async def started(worker: Worker) -> AsyncIterator[Worker]:
    """Start a worker, and stop it in the end."""
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop(5.0)


async def reports_of(worker: Worker, task: Task) -> list[Report]:
    """Run a task and return all that it said."""
    return [report async for report in worker.run(task)]


def run_on(worker: Worker, *tasks: Task, watched: bool = False) -> list[list[Report]]:
    """Start a worker, run tasks one after another, stop it, and return what each said."""

    async def scenario() -> list[list[Report]]:
        async with started(worker):
            worker.show(watched)
            return [await reports_of(worker, each) for each in tasks]

    return run_in_time(scenario())


@dataclass
class Running:
    """A task that runs in the background; what it says comes in here."""

    task: Task
    reports: list[Report] = field(default_factory=list)
    doing: asyncio.Task[None] | None = None

    async def end(self) -> Report:
        """Wait for its end and return the ending; raise what ended it."""
        assert self.doing is not None
        await self.doing
        return self.reports[-1]


def begin(worker: Worker, task: Task) -> Running:
    """Let a task run in the background."""
    running = Running(task)

    async def follow() -> None:
        async for report in worker.run(task):
            running.reports.append(report)

    running.doing = asyncio.create_task(follow())
    return running


async def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def kinds(reports: list[Report]) -> list[str]:
    return [each.kind for each in reports]


async def dies(awaitable: Awaitable[object]) -> str:
    """Return the words with which a worker died."""
    from graphflow.jobs.worker import WorkerDied

    try:
        await awaitable
    except WorkerDied as death:
        return str(death)
    raise AssertionError("nobody died")
