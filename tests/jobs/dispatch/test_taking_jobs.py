"""Which workers count on: those that run or are being started, and not those that fell too often or cannot start."""

from __future__ import annotations

import asyncio
from pathlib import Path

from graphflow.jobs.dispatch import Rules, WorkerView
from tests.jobs.dispatch.scripted import ScriptedWorker, done_at_once
from tests.jobs.dispatch.stage import QUICK, Stage, play, stage
from tests.jobs.dispatch.test_deaths import KILLER, die_of_killers

PATIENT = Rules(obey=0.1, first_pause=0.5, longest_pause=0.5)
"""Pauses long enough to be seen."""


def view(s: Stage) -> WorkerView:
    return s.dispatcher.workers[0]


def test_a_worker_is_held_back_after_its_second_fall_and_counted_on_again_when_it_runs(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(die_of_killers)
        async with stage(tmp_path, worker, rules=PATIENT) as s:
            await s.submit(KILLER)
            await s.until(lambda: not view(s).takes_jobs)
            held_back, deaths = view(s).held_back, view(s).deaths
            await s.until_ended()
            await s.until(lambda: view(s).takes_jobs)

            assert deaths >= 2
            assert held_back is not None
            assert 0 <= held_back <= PATIENT.longest_pause
            assert view(s).held_back is None

    play(scene())


def test_one_fall_is_no_reason_to_count_on_it_no_more(tmp_path: Path) -> None:
    async def scene() -> None:
        worker, seen = ScriptedWorker(done_at_once), set()
        async with stage(tmp_path, worker, rules=QUICK) as s:
            await s.until(lambda: worker.started == 1)
            worker.kill()
            while worker.started < 2:
                seen.add(view(s).takes_jobs)
                await asyncio.sleep(0)

        assert seen == {True}

    play(scene())


def test_a_worker_that_cannot_be_started_is_not_counted_on_and_one_that_ended_neither(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        worker.cannot_start = "no such device"
        async with stage(tmp_path, worker) as s:
            await s.until(lambda: not view(s).takes_jobs)
            worker.cannot_start = None
            await s.until(lambda: view(s).takes_jobs)
            await s.submit()
            await s.until_ended()
            dispatcher = s.dispatcher

        assert not dispatcher.workers[0].takes_jobs

    play(scene())
