"""How a worker process starts: fast, with what it is given, and without what it must not have."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from graphflow.home import Home
from graphflow.jobs.worker import JobDone, JobFailed, Report, frames
from graphflow.jobs.worker.process import ProcessWorker
from tests.jobs.worker.rig import PACK, begin, process, reports_of, run_in_time, run_on, started, task, until


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_torch_is_not_imported_before_a_node_needs_it(home: Home) -> None:
    work = task({"torch": ("Modules", {"name": "torch"})}, outputs={"x": ("torch", "out")})

    assert run_on(process(home), work)[0][-1] == JobDone(outputs={"x": {"value": False}})


def test_further_folders_of_models_are_its_too(tmp_path: Path) -> None:
    (tmp_path / "more" / "words").mkdir(parents=True)
    (tmp_path / "more" / "words" / "a.txt").write_text("found")
    work = task({"read": ("ReadWord", {"text": "a.txt"})}, outputs={"x": ("read", "out")})

    (reports,) = run_on(process(Home(tmp_path / "home", (tmp_path / "more",))), work)

    assert reports[-1] == JobDone(outputs={"x": {"value": "found"}})


def test_the_servers_token_is_not_handed_down(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_TOKEN", "secret")
    monkeypatch.setenv("GRAPHFLOW_HOME", "kept")

    async def scenario() -> dict[str, str]:
        async with started(process(home)) as worker:
            return psutil.Process(worker.info.pid).environ()

    environment = run_in_time(scenario())
    assert environment["GRAPHFLOW_HOME"] == "kept"
    assert "GRAPHFLOW_TOKEN" not in environment


def test_a_pack_that_fails_is_in_the_log_and_the_others_work(home: Home, tmp_path: Path) -> None:
    (tmp_path / "broken_pack.py").write_text("raise KeyError('broken')")
    worker = ProcessWorker(home, "toy", packs=[tmp_path / "broken_pack.py", PACK], device="cpu")

    assert run_on(worker, task({"walk": ("Walk", {})}))[0][-1] == JobDone(outputs={})
    assert "broken_pack.py could not be loaded" in (home.logs / "worker-toy.log").read_text()


def test_previews_stay_on_over_a_death(home: Home) -> None:
    async def scenario() -> list[str]:
        worker = process(home)
        async with started(worker):
            worker.show(True)
            worker.kill()
            await worker.gone()
            await worker.start()
            return [each.kind for each in await reports_of(worker, task({"walk": ("Walk", {})}))]

    assert "node.preview" in run_in_time(scenario())


def test_a_job_too_large_to_be_handed_over_fails_and_the_worker_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "ATTACHMENT_BYTES", 1000)
    large = task({"say": ("Say", {"message": "x" * 2000})})
    (failed, after) = run_on(process(home), large, task({"walk": ("Walk", {})}, "b"))

    assert isinstance(failed[-1], JobFailed)
    assert (failed[-1].problem.code, "1,000 are allowed" in failed[-1].problem.message) == ("too-large", True)
    assert after[-1] == JobDone(outputs={})


def test_a_result_too_large_to_be_told_is_the_jobs_failure(home: Home) -> None:
    huge = task({"huge": ("Huge", {"size": frames.JSON_BYTES + 1})}, outputs={"x": ("huge", "out")})
    (failed, after) = run_on(process(home), huge, task({"walk": ("Walk", {})}, "b"))

    assert isinstance(failed[-1], JobFailed)
    assert failed[-1].problem.code == "result-too-large"
    assert after[-1] == JobDone(outputs={})


def test_two_workers_share_a_home(home: Home, tmp_path: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "b"

    async def scenario() -> list[Report]:
        first = ProcessWorker(home, "first", packs=[PACK], device="cpu")
        second = ProcessWorker(home, "second", packs=[PACK], device="cpu")
        async with started(first), started(second):
            meets = [("a", first, here, there), ("b", second, there, here)]
            both = [
                begin(worker, task({"meet": ("Meet", {"here": str(mine), "there": str(other)})}, job))
                for job, worker, mine, other in meets
            ]
            await until(lambda: here.exists() and there.exists())
            return [await each.end() for each in both]

    assert run_in_time(scenario()) == [JobDone(outputs={})] * 2
