"""The model that ships, in a worker process: a picture comes out, and a kill in the middle changes nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphflow.engine import Engine
from graphflow.events import NodeLogged, NodeProgress, NodeStarted
from graphflow.home import Home, shipped_workflows
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.worker import JobDone, Report, Task
from graphflow.jobs.worker.inline import InlineWorker
from graphflow.jobs.worker.process import ProcessWorker
from tests.jobs.worker.rig import begin, dies, reports_of, run_in_time, run_on, started, until
from tests.reliability.real_model import COUNTER

STEPS, KILLED_AT = 24, 6
SAMPLER = "dpmpp_2m_sde"
"""It draws noise at each step, and its steps hang on the one before."""


def txt2img(job: str, attempt: int = 1, steps: int = STEPS, *, deterministic: bool = True) -> Task:
    workflow = json.loads((shipped_workflows() / "txt2img.json").read_text())
    inputs = {"steps": steps, "sampler.sampler_name": SAMPLER}
    return Task(job, attempt, json.dumps({"workflow": workflow, "inputs": inputs, "deterministic": deterministic}))


def picture(home: Home, reports: list[Report]) -> bytes | None:
    (kept,) = (each for each in reports if isinstance(each, ArtifactKept))
    assert (kept.width, kept.height, kept.media_type) == (64, 64, "image/png")
    return BlobFolder(home.artifacts).get(kept.sha256)


def alone(home: Home, task: Task) -> list[Report]:
    """Run a task in this process, with nothing beside it."""
    with Engine(home, device="cpu") as engine:
        return run_on(InlineWorker(engine, BlobFolder(home.artifacts)), task)[0]


def steps_of(reports: list[Report]) -> list[int]:
    return [each.done for each in reports if isinstance(each, NodeProgress) and each.node == "sampler"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_killed_sampling_goes_on_behind_its_last_step_and_makes_the_same_picture(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELIABILITY_NOTES", str(tmp_path))
    hold = tmp_path / "hold"
    hold.write_text(str(2 * KILLED_AT))  # there the worker waits for us, if it is quicker

    async def scenario() -> tuple[int, list[Report]]:
        worker = ProcessWorker(home, "cpu", device="cpu", packs=(COUNTER,))
        await worker.start()
        running = begin(worker, txt2img("cut"))
        await until(lambda: max(steps_of(running.reports), default=0) >= KILLED_AT)
        worker.kill()
        await dies(running.end())
        await worker.gone()
        hold.unlink()
        told = max(steps_of(running.reports))
        async with started(worker):
            resumed = await reports_of(worker, txt2img("cut", 2))
        return told, resumed

    told, resumed = run_in_time(scenario())
    whole = alone(Home(tmp_path / "another"), txt2img("whole"))

    assert KILLED_AT <= told < STEPS
    assert isinstance(resumed[-1], JobDone)
    assert any(
        "goes on where an earlier run was cut short" in each.message for each in resumed if isinstance(each, NodeLogged)
    )
    assert not any("cut short" in each.message for each in whole if isinstance(each, NodeLogged))
    assert picture(home, resumed) == picture(Home(tmp_path / "another"), whole)
    assert list((home.cache / "journals").iterdir()) == []


def test_jobs_beside_each_other_make_the_pictures_that_they_make_alone(home: Home, tmp_path: Path) -> None:
    async def scenario() -> list[bytes | None]:
        async with started(ProcessWorker(home, "cpu", device="cpu", slots=2)) as worker:
            both = [begin(worker, txt2img("a", steps=12)), begin(worker, txt2img("b", steps=13))]
            for each in both:
                await each.end()
        return [picture(home, each.reports) for each in both]

    first, second = run_in_time(scenario())
    other = Home(tmp_path / "another")
    single = picture(other, alone(other, txt2img("a", steps=12)))

    assert first == single
    assert second != single


def test_a_deterministic_job_samples_itself_what_another_may_have_sampled_in_company(home: Home) -> None:
    def sampled(reports: list[Report]) -> bool:
        return any(isinstance(each, NodeStarted) and each.node == "sampler" for each in reports)

    with Engine(home, device="cpu") as engine:
        worker = InlineWorker(engine, BlobFolder(home.artifacts))
        kinds = [False, True, True, False]
        tasks = [txt2img(f"{index}", steps=2, deterministic=each) for index, each in enumerate(kinds)]
        runs = run_on(worker, *tasks)

    assert [sampled(each) for each in runs] == [True, True, False, False]
