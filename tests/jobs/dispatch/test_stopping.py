"""Cancels and time limits are obeyed or enforced, and a server that stops gives back what it ran."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from graphflow.events import NodeStarted
from graphflow.jobs.dispatch import Dispatcher, Rules, WorkerState
from graphflow.jobs.dispatch.lane import Lane
from graphflow.jobs.model import Claim
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker import JobDone, Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker, done_at_once, endless
from tests.jobs.dispatch.stage import QUICK, play, stage
from tests.jobs.stores import now, states

STUBBORN = '{"stubborn": true}'
PATIENT = Rules(obey=1000.0)


async def stubborn(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
    """Stubborn jobs never end, whatever they are asked; of the others an attempt begun after a restart is done."""
    yield NodeStarted(node="a", type="A")
    if task.body == STUBBORN:
        await asyncio.sleep(1000)
    if worker.started > 1:
        yield JobDone(outputs={})
    else:
        yield await worker.work_until_stopped(task)


def test_a_cancel_reaches_the_worker_and_ends_the_job(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(endless)
        async with stage(tmp_path, worker, rules=PATIENT) as s:
            job = await s.submit()
            await s.until(lambda: worker.in_flight == 1)
            s.store.cancel(job.id)
            s.store.cancel(job.id)
            await s.until_state(job.id, "cancelled")

            assert s.kinds(job.id) == ["queued", "running", "job.cancelling", "cancelled"]
            assert worker.cancelled == [job.id]
            assert worker.started == 1
            assert s.dispatcher.tally.cancels == 1

    play(scene())


def test_cancels_at_any_moment_all_end(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(endless, slots=4)
        async with stage(tmp_path, worker, rules=PATIENT) as s:
            for n in range(60):
                job = await s.submit()
                for _ in range(n % 7):
                    await asyncio.sleep(0.001)
                await asyncio.wrap_future(s.store.cancel(job.id))
            await s.until_ended()

            assert states(s.store) == {"cancelled": 60}

    play(scene())


def test_a_cancel_that_is_heard_before_the_claim_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(endless)
        async with stage(tmp_path, worker, rules=PATIENT) as s:
            answered = Lane._answered

            def cancelled_just_before(lane: Lane, answer: Future[Claim | None]) -> None:
                if claim := answer.result():
                    now(s.store.cancel(claim.job.id))
                    s.dispatcher.notice(s.store.events_after(claim.job.id))
                answered(lane, answer)

            monkeypatch.setattr(Lane, "_answered", cancelled_just_before)
            job = await s.submit()
            await s.until_state(job.id, "cancelled")

            assert s.kinds(job.id) == ["queued", "running", "job.cancelling", "cancelled"]
            assert worker.ran == []

    play(scene())


async def cancel_a_stubborn_one_beside_others(folder: Path, rules: Rules) -> dict[str, int]:
    worker = ScriptedWorker(stubborn, slots=4)
    async with stage(folder, worker, rules=rules) as s:
        ids = [(await s.submit(STUBBORN if n == 1 else "{}")).id for n in range(4)]
        await s.until(lambda: worker.in_flight == 4)
        await asyncio.wrap_future(s.store.cancel(ids[1]))
        if rules is PATIENT:
            await asyncio.sleep(0.3)
            return states(s.store)
        await s.until_ended()

        assert [s.store.get(id).state for id in ids] == ["done", "cancelled", "done", "done"]
        for id in (ids[0], *ids[2:]):
            job = s.store.get(id)
            assert (job.deaths_alone, job.alone, s.endings(id)) == (0, False, ["returned", "done"])
        assert worker.started == 2
        assert s.dispatcher.tally.disobeyed == 1
        return states(s.store)


def test_a_cancel_that_is_not_obeyed_ends_the_worker_and_costs_the_others_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        assert await cancel_a_stubborn_one_beside_others(tmp_path, QUICK) == {"done": 3, "cancelled": 1}

    play(scene())


def test_without_that_limit_the_same_job_would_go_on(tmp_path: Path) -> None:
    async def scene() -> None:
        assert await cancel_a_stubborn_one_beside_others(tmp_path, PATIENT) == {"running": 4}

    play(scene())


def test_a_job_over_its_time_fails_and_says_how_long_and_what_to_do(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(endless)
        async with stage(tmp_path, worker, rules=PATIENT) as s:
            job = await s.submit(time_limit=0.1)
            failed = await s.until_state(job.id, "failed")

            assert failed.problem is not None
            assert failed.problem.code == "time_limit"
            assert "0.1 seconds" in failed.problem.message
            assert "time_limit" in str(failed.problem.hint)
            assert worker.started == 1

    play(scene())


def test_a_job_over_its_time_fails_with_that_also_when_its_worker_does_not_obey(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(stubborn, slots=2)
        async with stage(tmp_path, worker) as s:
            beside = await s.submit()
            job = await s.submit(STUBBORN, time_limit=0.1)
            await s.until_ended()

            problem = s.store.get(job.id).problem
            assert problem is not None
            assert problem.code == "time_limit"
            assert s.endings(job.id) == ["failed"]
            assert s.endings(beside.id) == ["returned", "done"]

    play(scene())


def test_the_servers_limit_holds_for_every_job(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(endless, slots=2), rules=Rules(longest=0.1)) as s:
            without, higher = await s.submit(), await s.submit(time_limit=1000.0)
            await s.until_ended()

            problems = [s.store.get(each.id).problem for each in (without, higher)]
            assert [each.code for each in problems if each is not None] == ["time_limit"] * 2

    play(scene())


def test_a_job_within_its_time_is_left_alone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(endless), rules=Rules(longest=1000.0)) as s:
            job = await s.submit(time_limit=1000.0)
            await s.until_state(job.id, "running")
            await asyncio.sleep(0.2)

            assert s.store.get(job.id).state == "running"

    play(scene())


def test_a_server_that_stops_gives_back_what_runs_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(endless, slots=2)) as s:
            ids = await s.submit_many(5)
            await s.until(lambda: states(s.store) == {"running": 2, "queued": 3})
            await s.dispatcher.stop(5.0)

            assert states(s.store) == {"queued": 5}
            assert [s.endings(id) for id in ids] == [["returned"], ["returned"], [], [], []]
            assert s.dispatcher.workers[0].state is WorkerState.STOPPED
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            await s.until_ended()
            assert [each.job for each in worker.ran] == ids

    play(scene())


def test_a_worker_that_does_not_stop_in_time_is_ended_and_its_job_queued_without_blame(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(stubborn)) as s:
            job = await s.submit(STUBBORN)
            await s.until_state(job.id, "running")
            await s.dispatcher.stop(0.1)

            again = s.store.get(job.id)
            assert (again.state, again.deaths_alone, again.alone) == ("queued", 0, False)

    play(scene())


def test_a_job_that_was_to_be_cancelled_is_not_run_again_after_a_stop(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(stubborn), rules=PATIENT) as s:
            job = await s.submit(STUBBORN)
            await s.until_state(job.id, "running")
            s.store.cancel(job.id)
            await s.dispatcher.stop(0.1)

            assert s.store.get(job.id).state == "cancelled"

    play(scene())


def test_stops_in_the_middle_of_a_burst_lose_and_double_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        ids: list[str] = []
        for _ in range(6):
            async with stage(tmp_path, ScriptedWorker(done_at_once, "one", slots=2), ScriptedWorker(done_at_once)) as s:
                ids += await s.submit_many(40)
                await asyncio.sleep(0.01)
        async with stage(tmp_path, ScriptedWorker(done_at_once)) as s:
            await s.until_ended()

            assert [s.kinds(id).count("done") for id in ids] == [1] * 240
            assert [s.store.get(id).state for id in ids] == ["done"] * 240

    play(scene())


def test_a_dispatcher_without_workers_keeps_jobs_waiting(tmp_path: Path) -> None:
    async def scene() -> None:
        store = JobStore(tmp_path)
        dispatcher = Dispatcher(store, (), lambda *_: None)
        await dispatcher.start()
        assert dispatcher.workers == ()
        await dispatcher.stop()
        store.close()

    play(scene())
