"""What a worker says for an attempt that is over changes nothing, and is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graphflow.events import NodeLogged
from graphflow.jobs.model import Job
from graphflow.jobs.store import JobStore
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.worker import JobDone, Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker
from tests.jobs.dispatch.stage import play, stage


async def wake_up_late(folder: Path) -> tuple[list[str], int]:
    """Let a worker be believed dead while it sleeps, another finish its job, and the first go on; return what is stored."""
    store: list[JobStore] = []
    finished = asyncio.Event()

    async def sleep_past_the_lease(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        await asyncio.wrap_future(store[0].worker_died("zombie"))
        await finished.wait()
        yield NodeLogged(node="a", message="late")
        await asyncio.sleep(0.05)  # so that it is appended by itself
        yield NodeLogged(node="a", message="later")
        yield JobDone(outputs={"by": "zombie"})

    async def work(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        yield NodeLogged(node="a", message="in time")
        yield JobDone(outputs={"by": "good"})

    zombie, good = ScriptedWorker(sleep_past_the_lease, "zombie"), ScriptedWorker(work, "good")
    async with stage(folder, zombie) as s:
        store.append(s.store)
        job = await s.submit()
        await s.until(lambda: s.store.get(job.id).deaths_alone == 1)
        claim = await asyncio.wrap_future(s.store.claim(good.info.name))
        assert claim is not None
        await asyncio.wrap_future(
            s.store.finish(job.id, claim.attempt, {"by": "good"}, [NodeLogged(node="a", message="in time")])
        )
        finished.set()
        await s.until(lambda: zombie.in_flight == 0 and not s.dispatcher.workers[0].jobs)
        events = [each.event for each in s.store.events_after(job.id)]
        messages = [each.message for each in events if each.kind == "node.logged"]
        return [*messages, str((s.store.get(job.id).outputs or {}).get("by"))], s.dispatcher.tally.stale


def test_a_worker_that_wakes_up_late_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    async def scene() -> None:
        assert await wake_up_late(tmp_path) == (["in time", "good"], 2)

    play(scene())


def test_the_same_test_notices_a_store_without_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfenced(tx: Transaction, id: str, attempt: int) -> Job:
        return tx.job(id)

    monkeypatch.setattr(Transaction, "running", unfenced)

    async def scene() -> None:
        stored, _ = await wake_up_late(tmp_path)

        assert "late" in stored

    play(scene())
