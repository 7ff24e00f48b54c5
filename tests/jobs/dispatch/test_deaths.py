"""Workers die: their jobs run again, a killer fails alone, and the worker comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graphflow.events import NodeFinished, NodeStarted
from graphflow.jobs import attempting
from graphflow.jobs.dispatch import Rules, WorkerState
from graphflow.jobs.worker import JobDone, Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker, done_at_once
from tests.jobs.dispatch.stage import Stage, play, stage
from tests.jobs.dispatch.test_running import PICTURE
from tests.jobs.stores import states

KILLER = '{"kills": true}'


async def die_of_killers(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
    """Work for a while, and beside a killer until it ends the worker."""
    yield NodeStarted(node="sampler", type="KSampler")
    if task.body == KILLER:
        await asyncio.sleep(0.05)
        worker.kill()
        await asyncio.sleep(60)
    await asyncio.sleep(0.02)
    while worker.runs_a(KILLER):
        await asyncio.sleep(0.01)
    yield NodeFinished(node="sampler", how="ran", seconds=0.1)
    yield JobDone(outputs={})


async def one_killer_among_sixteen(s: Stage) -> str:
    await asyncio.wrap_future(s.store.pause())
    killer = ""
    for n in range(16):
        job = await s.submit(KILLER if n == 7 else "{}")
        killer = job.id if n == 7 else killer
    await asyncio.wrap_future(s.store.resume())
    await s.until_ended()
    return killer


def test_one_job_that_kills_its_worker_fails_and_fifteen_beside_it_finish(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(die_of_killers, slots=16)
        async with stage(tmp_path, worker) as s:
            killer = await one_killer_among_sixteen(s)

            assert states(s.store) == {"done": 15, "failed": 1}
            problem = s.store.get(killer).problem
            assert problem is not None
            assert (problem.code, problem.node) == ("worker_lost", "sampler")
            assert s.endings(killer) == ["lost"] * 4  # once beside the others, three times alone
            assert [worker.beside[killer, attempt] for attempt in (2, 3, 4)] == [1, 1, 1]
            assert s.dispatcher.tally.deaths == 4
            await s.until(lambda: worker.started == 5)

    play(scene())


def test_the_same_test_notices_a_store_that_blames_all_and_runs_none_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requeue, lose = attempting._requeue, attempting._lose

    def not_alone(tx: Any, job: Any, ending: str, **changes: Any) -> Any:
        return requeue(tx, job, ending, **{**changes, "alone": False})

    def blame_all(tx: Any, job: Any, *, blame: bool, was_alone: bool) -> Any:
        return lose(tx, job, blame=blame, was_alone=True)

    monkeypatch.setattr(attempting, "_requeue", not_alone)
    monkeypatch.setattr(attempting, "_lose", blame_all)

    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(die_of_killers, slots=16)) as s:
            await one_killer_among_sixteen(s)

            assert states(s.store)["failed"] > 1

    play(scene())


REPORTS: list[Report] = [
    NodeStarted(node="a", type="Load"),
    NodeFinished(node="a", how="ran", seconds=0.1),
    NodeStarted(node="save", type="Save"),
    PICTURE,
    NodeFinished(node="save", how="ran", seconds=0.1),
]


@pytest.mark.parametrize("stored", [False, True], ids=["at once", "after it was stored"])
@pytest.mark.parametrize("point", range(len(REPORTS) + 2))
def test_a_kill_at_any_point_gives_one_end_and_one_result(tmp_path: Path, point: int, stored: bool) -> None:
    async def killed_once(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        for n, report in enumerate([*REPORTS, JobDone(outputs={"by": task.attempt})]):
            if n == point and task.attempt == 1:
                await asyncio.sleep(0.03 if stored else 0)
                worker.kill()
                await asyncio.sleep(60)
            yield report
        worker.kill()  # the last point: it had said all

    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(killed_once)) as s:
            job = await s.submit()
            done = await s.until_state(job.id, "done")

            attempts = 1 if point > len(REPORTS) else 2
            assert done.outputs == {"by": attempts}
            assert done.attempt == attempts
            kinds = s.kinds(job.id)
            assert kinds.count("done") == 1
            assert kinds[-1] == "done"
            assert kinds.count("node.started") >= 2
            first = [each for each in s.store.events_after(job.id) if each.attempt == 1]
            reported = min(point, len(REPORTS))
            assert len(first) == 2 + reported  # it ran, and then was queued again or done

    play(scene())


def test_an_idle_worker_that_ends_is_started_again(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            await s.until(lambda: s.dispatcher.workers[0].state is WorkerState.IDLE)
            worker.kill()
            await s.until(lambda: worker.started == 2)

            job = await s.submit()
            await s.until_state(job.id, "done")

            assert s.store.get(job.id).attempt == 1
            assert s.dispatcher.workers[0].deaths == 1

    play(scene())


def test_a_worker_that_cannot_start_is_broken_and_says_why_and_jobs_wait_for_it(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        worker.cannot_start = "no module named torch"
        async with stage(tmp_path, worker) as s:
            job = await s.submit()
            await s.until(lambda: worker.started > 2)
            view = s.dispatcher.workers[0]
            assert (view.state, view.message) == (WorkerState.BROKEN, "no module named torch")
            assert s.store.get(job.id).state == "queued"

            worker.cannot_start = None
            await s.until_state(job.id, "done")

            assert s.store.get(job.id).attempt == 1
            assert s.dispatcher.workers[0].message is None

    play(scene())


def test_pauses_between_starts_grow_from_none_to_the_longest() -> None:
    rules = Rules()

    assert [rules.pause(falls) for falls in range(9)] == [0.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert rules.pause(10_000) == 30.0


def test_a_good_job_forgives_the_deaths_before_it(tmp_path: Path) -> None:
    patient = Rules(first_pause=1000.0, longest_pause=1000.0)

    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker, rules=patient) as s:
            for n in range(3):
                await s.until(lambda: s.dispatcher.workers[0].state is WorkerState.IDLE)
                await s.until_state((await s.submit()).id, "done")
                worker.kill()
                await s.until(lambda n=n: worker.started == n + 2)  # type: ignore[misc]  # a lambda's default has no type

            worker.kill()  # the second in a row
            await s.until(lambda: s.dispatcher.workers[0].deaths == 4)
            await asyncio.sleep(0.1)
            assert worker.started == 4
            assert s.dispatcher.workers[0].state is WorkerState.RESTARTING

    play(scene())


def test_a_worker_that_leaves_a_job_without_an_end_counts_as_dead(tmp_path: Path) -> None:
    async def say_nothing(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        yield NodeStarted(node="a", type="A")
        if task.attempt > 1:
            yield JobDone(outputs={})

    async def scene() -> None:
        worker = ScriptedWorker(say_nothing)
        async with stage(tmp_path, worker) as s:
            job = await s.submit()
            await s.until_state(job.id, "done")

            assert s.endings(job.id) == ["lost", "done"]
            assert worker.started == 2

    play(scene())


def test_a_dead_worker_whose_jobs_never_say_so_holds_up_nothing(tmp_path: Path) -> None:
    class Mute(ScriptedWorker):
        async def run(self, task: Task) -> AsyncIterator[Report]:
            self.ran.append(task)
            if task.attempt == 1:
                self.kill()
                await asyncio.sleep(1000)
            yield JobDone(outputs={})

    async def scene() -> None:
        async with stage(tmp_path, Mute(done_at_once)) as s:
            job = await s.submit()
            await s.until_state(job.id, "done")

            assert s.endings(job.id) == ["lost", "done"]

    play(scene())
