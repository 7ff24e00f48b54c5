"""A store, a dispatcher and scripted workers, wired as the server wires them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from graphflow.jobs.dispatch import Dispatcher, Rules, Transient
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import Job, NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.dispatch.scripted import ScriptedWorker
from tests.jobs.stores import states

T = TypeVar("T")

PATIENCE = 60.0
QUICK = Rules(obey=0.1, first_pause=0.01, longest_pause=0.05)


class Stage:
    """What a test looks at while jobs run."""

    def __init__(self, store: JobStore, dispatcher: Dispatcher, told: list[tuple[str, str, int, Transient]]) -> None:
        self.store = store
        self.dispatcher = dispatcher
        self.told = told

    async def submit(self, body: str = "{}", **facts: Any) -> Job:
        job, _ = await asyncio.wrap_future(self.store.submit(NewJob(body, **facts)))
        return job

    async def submit_many(self, number: int, **facts: Any) -> list[str]:
        futures = [self.store.submit(NewJob("{}", **facts)) for _ in range(number)]
        return [(await asyncio.wrap_future(each))[0].id for each in futures]

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                await asyncio.sleep(0.005)

    async def until_state(self, id: str, state: str) -> Job:
        await self.until(lambda: self.store.get(id).state == state)
        return self.store.get(id)

    async def until_ended(self) -> None:
        await self.until(lambda: not {"queued", "running"} & states(self.store).keys())

    def kinds(self, id: str) -> list[str]:
        """Return what a job's events are, a state by its name."""
        events = [each.event for each in self.store.events_after(id)]
        return [each.state.value if each.kind == "job.state" else each.kind for each in events]

    def endings(self, id: str) -> list[str | None]:
        return [each.ending for each in self.store.attempts(id)]


@asynccontextmanager
async def stage(folder: Path, *workers: ScriptedWorker, rules: Rules = QUICK) -> AsyncIterator[Stage]:
    """Run workers on a store until the test is through with them."""
    loop = asyncio.get_running_loop()
    told: list[tuple[str, str, int, Transient]] = []
    heard: list[Callable[[Sequence[StoredEvent]], None]] = []

    def announce(events: Sequence[StoredEvent]) -> None:
        loop.call_soon_threadsafe(lambda: [each(events) for each in heard])

    store = JobStore(folder, announce)
    dispatcher = Dispatcher(store, workers, lambda *what: told.append(what), rules=rules)
    heard.append(dispatcher.notice)
    await dispatcher.start()
    try:
        yield Stage(store, dispatcher, told)
    finally:
        await dispatcher.stop(1.0)
        store.close()


def play(scene: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine."""
    return asyncio.run(scene)
