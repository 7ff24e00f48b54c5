"""How every kind of worker lives and dies. A kind passes when a subclass of these, with its `make`, is green."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest

from graphflow.home import Home
from graphflow.jobs.worker import GaveBack, JobDone, JobFailed, JobStopped, Report, Task
from tests.jobs.worker.rig import (
    MakeWorker,
    Nodes,
    begin,
    dies,
    kinds,
    lines,
    reports_of,
    run_in_time,
    run_on,
    started,
    task,
    until,
)

QUICK: Nodes = {"walk": ("Walk", {})}
STEPS = 30


class LifeConformance:
    """Starting, stopping, dying, and going on where a job was cut short."""

    make: ClassVar[MakeWorker]

    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        return Home(tmp_path / "home")

    @pytest.fixture
    def notes(self, tmp_path: Path) -> Path:
        return tmp_path / "notes"

    def walk(self, notes: Path, job: str = "job", attempt: int = 1, seconds: float = 0.05) -> Task:
        return task({"walk": ("Walk", {"count": STEPS, "seconds": seconds, "notes": str(notes)})}, job, attempt)

    def journals(self, home: Home) -> list[Path]:
        return list((home.cache / "journals").rglob("*"))

    def test_who_it_is(self, home: Home) -> None:
        info = self.make(home, slots=3).info

        assert (info.slots, info.device, info.pid) == (3, "cpu", None)
        assert info.kind
        assert info.name

    def test_before_it_is_started_and_after_it_was_stopped_it_runs_nothing(self, home: Home) -> None:
        async def scenario() -> None:
            worker = self.make(home)
            assert "not running" in await dies(reports_of(worker, task(QUICK)))
            await worker.start()
            await worker.start()  # no second one
            await worker.stop()
            await worker.stop()
            await worker.gone()
            assert "not running" in await dies(reports_of(worker, task(QUICK)))
            await worker.start()
            assert (await reports_of(worker, task(QUICK)))[-1] == JobDone(outputs={})
            await worker.stop()

        run_in_time(scenario())

    def test_it_says_what_it_holds_and_frees_it(self, home: Home) -> None:
        async def scenario() -> None:
            async with started(self.make(home)) as worker:
                await reports_of(worker, task({"use": ("UseShelf", {})}))
                status = await worker.status()
                assert ("books", 1000, "cpu", "somebody may read them") in [
                    (each.name, each.bytes, each.where, each.why) for each in status.held
                ]
                assert status.rss > 1 << 20
                assert await worker.drop() >= 1000
                assert "books" not in [each.name for each in (await worker.status()).held]

        run_in_time(scenario())

    def test_it_frees_no_more_than_is_wanted(self, home: Home) -> None:
        async def scenario() -> None:
            async with started(self.make(home)) as worker:
                made: Nodes = {"use": ("UseShelf", {}), "number": ("Number", {})}
                await reports_of(worker, task(made, targets=["use", "number"]))
                before = {each.name: each.bytes for each in (await worker.status()).held}
                assert await worker.drop(1) == 1000
                after = {each.name: each.bytes for each in (await worker.status()).held}
                assert after["results"] == before["results"] > 0

        run_in_time(scenario())

    def test_it_answers_while_a_job_runs(self, home: Home, tmp_path: Path) -> None:
        here, there = tmp_path / "here", tmp_path / "there"

        async def scenario() -> Report:
            async with started(self.make(home)) as worker:
                running = begin(worker, task({"meet": ("Meet", {"here": str(here), "there": str(there)})}))
                await until(here.exists)
                assert (await worker.status()).rss > 0
                there.touch()
                return await running.end()

        assert run_in_time(scenario()) == JobDone(outputs={})

    def test_a_stop_gives_running_and_waiting_jobs_back(self, home: Home, notes: Path) -> None:
        async def scenario() -> tuple[list[Report], int]:
            worker = self.make(home)
            await worker.start()
            running = begin(worker, self.walk(notes, "a"))
            waiting = begin(worker, self.walk(notes, "b"))
            await until(lambda: len(lines(notes)) >= 3)
            before = len(lines(notes))
            await worker.stop(30.0)
            return [await running.end(), await waiting.end()], len(lines(notes)) - before

        endings, more = run_in_time(scenario())
        assert endings == [GaveBack(), GaveBack()]
        assert more <= 1
        assert any(path.is_file() for path in self.journals(home))  # the next attempt goes on from there

    def test_a_stop_does_not_wait_for_ever(self, home: Home, notes: Path) -> None:
        async def scenario() -> Report:
            worker = self.make(home)
            await worker.start()
            running = begin(worker, task({"deaf": ("Deaf", {"notes": str(notes), "seconds": 50.0})}))
            await until(lambda: lines(notes))
            await worker.stop(0.3)
            await worker.gone()
            return await running.end()

        assert run_in_time(scenario()) == GaveBack()

    def test_a_kill_is_the_death_of_all_in_flight_and_the_worker_can_be_started_again(
        self, home: Home, notes: Path
    ) -> None:
        async def scenario() -> None:
            worker = self.make(home, slots=2)
            await worker.start()
            both = [begin(worker, self.walk(notes, job)) for job in "ab"]
            waiting = begin(worker, self.walk(notes, "c"))
            await until(lambda: all("node.progress" in kinds(each.reports) for each in both))
            worker.kill()
            worker.kill()
            deaths = await asyncio.gather(*(dies(each.end()) for each in (*both, waiting)))
            assert all("on purpose" in words for words in deaths)
            await worker.gone()
            async with started(worker):
                assert (await reports_of(worker, task(QUICK, "d")))[-1] == JobDone(outputs={})

        run_in_time(scenario())

    def test_after_a_kill_at_step_k_a_job_asks_for_no_more_than_is_left(self, home: Home, notes: Path) -> None:
        async def scenario() -> tuple[int, Report]:
            worker = self.make(home)
            await worker.start()
            running = begin(worker, self.walk(notes))
            await until(lambda: len(lines(notes)) >= STEPS // 2)
            worker.kill()
            await dies(running.end())
            await worker.gone()
            async with started(worker):
                return len(lines(notes)), (await reports_of(worker, self.walk(notes, attempt=2)))[-1]

        done_before, ending = run_in_time(scenario())
        assert ending == JobDone(outputs={})
        again = len(lines(notes)) - STEPS  # steps that were done twice: the one that the kill cut short
        assert 0 <= again <= 1
        assert STEPS // 2 <= done_before < STEPS
        assert self.journals(home) == []

    def test_another_job_does_not_go_on_from_this_ones_journal(self, home: Home, notes: Path) -> None:
        async def scenario() -> None:
            worker = self.make(home)
            await worker.start()
            running = begin(worker, self.walk(notes, "a"))
            await until(lambda: len(lines(notes)) >= STEPS // 2)
            await worker.stop(30.0)
            await running.end()
            notes.unlink()
            await worker.start()
            await reports_of(worker, self.walk(notes, "b", seconds=0.0))
            await worker.stop()

        run_in_time(scenario())
        assert lines(notes) == [str(step) for step in range(STEPS)]

    @pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
    def test_journals_vanish_when_the_job_ends(self, home: Home, notes: Path, end: str) -> None:
        nodes: dict[str, tuple[str, dict[str, object]]] = {"walk": ("Walk", {"count": 3, "notes": str(notes)})}
        if end == "failed":
            nodes["bad"] = ("Fail", {})
        if end == "cancelled":
            nodes["walk"][1].update(count=1000, seconds=0.02)

        async def scenario() -> Report:
            async with started(self.make(home)) as worker:
                running = begin(worker, task(nodes))
                await until(lambda: len(lines(notes)) >= 3)
                if end == "cancelled":
                    worker.cancel("job", 1)
                return await running.end()

        ending = {"done": JobDone, "failed": JobFailed, "cancelled": JobStopped}[end]
        assert isinstance(run_in_time(scenario()), ending)
        assert self.journals(home) == []

    def test_many_jobs_one_after_another_leave_nothing_behind(self, home: Home) -> None:
        tasks = [task({"n": ("Number", {"value": index})}, f"job{index}", targets=["n"]) for index in range(200)]

        reports = run_on(self.make(home), *tasks)

        assert [each[-1] for each in reports] == [JobDone(outputs={})] * 200
