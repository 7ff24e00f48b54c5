"""While the disk is full nothing that was reported is lost or invented, and all goes on when there is room."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graphflow.errors import StorageError
from graphflow.events import NodeLogged
from graphflow.jobs import queueing
from graphflow.jobs.dispatch import flight, log
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Tally
from graphflow.jobs.model import Claim
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.worker import JobDone, Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker, done_at_once
from tests.jobs.dispatch.stage import Stage, play, stage

LONG = "x" * 4000


async def fill(s: Stage) -> None:
    """Leave the store a few pages, and use them up until it refuses."""
    pages = await asyncio.wrap_future(s.store._writer.put(lambda tx: tx.number("PRAGMA page_count")))
    await limit(s, pages + 4)
    with pytest.raises(StorageError, match="the disk is full"):
        await submit_many(s)


async def submit_many(s: Stage) -> None:
    for _ in range(100):
        await s.submit(LONG, held=True)


async def make_room(s: Stage) -> None:
    """Lift the limit. What waits to be written is one transaction, and all of it is refused while there is no room."""
    async with asyncio.timeout(3):
        while True:
            with suppress(StorageError):
                return await limit(s, 1_000_000)


async def limit(s: Stage, pages: int) -> None:
    await asyncio.wrap_future(s.store._writer.put(lambda tx: tx.run(f"PRAGMA max_page_count = {pages}").fetchone()))


@dataclass(frozen=True)
class Outcome:
    """What is stored of a job that spoke to a full disk: before there was room, and after."""

    before: str
    refusals: int
    said: list[str]
    state: str
    seconds: float


async def talk_while_the_disk_is_full(folder: Path) -> Outcome:
    speak = asyncio.Event()

    async def talk(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        await speak.wait()
        for n in range(40):
            yield NodeLogged(node="a", message=f"{n} {LONG}")
            await asyncio.sleep(0.001)
        yield JobDone(outputs={"said": 40})

    async with stage(folder, ScriptedWorker(talk)) as s:
        job = await s.submit()
        await s.until_state(job.id, "running")
        await fill(s)
        speak.set()
        await asyncio.sleep(0.5)
        refusals = s.dispatcher.tally.refusals
        before = s.store.get(job.id).state

        start = time.monotonic()
        await make_room(s)
        try:
            async with asyncio.timeout(3):
                await s.until_state(job.id, "done")
        except TimeoutError:
            pass  # the negative control
        seconds = time.monotonic() - start
        events = [each.event for each in s.store.events_after(job.id)]
        said = [each.message.split()[0] for each in events if each.kind == "node.logged"]
        return Outcome(before, refusals, said, s.store.get(job.id).state, seconds)


def test_what_a_job_says_to_a_full_disk_is_stored_once_there_is_room(tmp_path: Path) -> None:
    async def scene() -> None:
        job = await talk_while_the_disk_is_full(tmp_path)

        print(f"\n{job.seconds:.2f} s after there was room")
        assert (job.before, job.state) == ("running", "done")
        assert job.said == [str(n) for n in range(40)]
        assert job.refusals > 1

    play(scene())


def test_the_same_test_notices_a_dispatcher_that_tries_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write_once(change: Callable[[], Future[Any]], rules: Rules, tally: Tally) -> Any:
        try:
            return await asyncio.wrap_future(change())
        except StorageError:
            tally.refusals += 1

    monkeypatch.setattr(flight, "write", write_once)
    monkeypatch.setattr(log, "write", write_once)

    async def scene() -> None:
        job = await talk_while_the_disk_is_full(tmp_path)

        assert (len(job.said), job.state) != (40, "done")

    play(scene())


def test_a_claim_that_has_no_room_refuses_nothing_else_and_comes_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, refused = queueing.claim, 0
    is_full = True

    def claim_where_there_is_room(tx: Transaction, worker: str) -> Claim | None:
        nonlocal refused
        if is_full:
            refused += 1
            raise sqlite3.OperationalError("database or disk is full")
        return claim(tx, worker)

    monkeypatch.setattr(queueing, "claim", claim_where_there_is_room)

    async def scene() -> None:
        nonlocal is_full
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            job = await s.submit()
            await s.until(lambda: refused > 2)
            assert s.store.get(job.id).state == "queued"

            is_full = False
            await s.until_state(job.id, "done")

            assert [each.job for each in worker.ran] == [job.id]

    play(scene())
