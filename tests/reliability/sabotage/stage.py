"""Stages for tests: shorter patience, a second worker, workers that are believed dead. None of these breaks a promise."""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphflow.cli import serve as command
from graphflow.engine import Engine
from graphflow.jobs.dispatch.dispatcher import Dispatcher
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.worker import Worker
from graphflow.jobs.worker.process import ProcessWorker
from graphflow.server import serve as server
from tests.reliability.sabotage.swap import swap

_lease: dict[str, Any] = {"lease": 15.0}
_watching: list[asyncio.Task[None]] = []


def set_lease(seconds: str) -> None:
    """Take a silent worker for dead after so many seconds."""
    _lease["lease"] = float(seconds)

    def make(*arguments: Any, **more: Any) -> ProcessWorker:
        return ProcessWorker(*arguments, **{**more, **_lease})

    swap(command, ProcessWorker=make)


def set_obedience(seconds: str) -> None:
    """End a worker that does not obey a cancel after so many seconds."""
    made = Dispatcher.__init__

    def shorter(self: Dispatcher, *arguments: Any, **more: Any) -> None:
        made(self, *arguments, **{**more, "rules": replace(Rules(), obey=float(seconds))})

    swap(Dispatcher, __init__=shorter)


def add_a_worker(_: str) -> None:
    """Serve with two workers, `worker` and `second`."""
    serve = server.serve
    parsed: list[Namespace] = []
    options = command.options_of

    def remember(given: Namespace) -> Any:
        parsed.append(given)
        return options(given)

    async def with_two(engine: Engine, workers: Sequence[Worker], *rest: Any) -> bool:
        packs = tuple(each.absolute() for each in parsed[-1].pack)
        second = ProcessWorker(engine.home, "second", device="cpu", packs=packs, **_lease)
        return await serve(engine, [*workers, second], *rest)

    swap(command, serve=with_two, options_of=remember)


def believe_in_deaths(folder: str) -> None:
    """Take a worker for dead when a file says so, and go on listening to it: a node whose line was down for a while."""
    start = Dispatcher.start

    async def watching(self: Dispatcher) -> None:
        await start(self)
        _watching.append(asyncio.create_task(_watch(self)))

    swap(Dispatcher, start=watching)
    os.environ["RELIABILITY_DEATHS"] = folder


async def _watch(self: Dispatcher) -> None:
    folder = Path(os.environ["RELIABILITY_DEATHS"])
    store = self._lanes[0]._ground.store
    while True:
        for path in folder.glob("dead-*"):
            await asyncio.wrap_future(store.worker_died(path.name.removeprefix("dead-"), blame=False))
            path.unlink()
        await asyncio.sleep(0.01)
