"""A worker that is killed while it names a file leaves one file of each result once the job was run again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphflow import artifacts
from graphflow.engine import Engine
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.dispatch import Keeper
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import JobState
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker import Report, Task
from graphflow.jobs.worker.names import Named, Names
from graphflow.jobs.worker.running import Bench, Stop, run_task
from tests.jobs.dispatch.stage import play
from tests.jobs.stores import in_state
from tests.jobs.worker.rig import PACK, task

TEXT = {"save": ("SaveText", {"text": "hello"})}
TWO = {**TEXT, "again": ("SaveText", {"text": "hello"})}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


class Killed(BaseException):
    """Stands for the end of the process: nothing after it is done, or said."""


def attempt(home: Home, task: Task) -> list[str]:
    """Run an attempt in a worker that knows nothing of those before; return the names that it told."""
    bench = Bench(Engine(home, packs=[PACK], device="cpu"), BlobFolder(home.artifacts))
    told: list[Report] = []
    run_task(bench, task, Stop(), told.append)
    return [each.name for each in told if isinstance(each, ArtifactKept)]


def cut_short(home: Home, task: Task, patch: pytest.MonkeyPatch, *, named: bool) -> None:
    """Run an attempt that ends before or after its file got its name, and whose words reach nobody."""
    with patch.context() as inside:

        def die(temporary: Path, path: Path) -> bool:
            if named:
                os.link(temporary, path)
            inside.setattr(Path, "unlink", lambda *_, **__: None)  # a process that is killed tidies nothing up
            raise Killed

        inside.setattr(artifacts, "publish", die)
        attempt(home, task)


def outputs(home: Home) -> list[str]:
    return sorted(each.name for each in home.output.iterdir())


@pytest.mark.parametrize("named", [False, True])
def test_the_next_attempt_leaves_one_file(home: Home, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    cut_short(home, task(TEXT), monkeypatch, named=named)

    assert attempt(home, task(TEXT, attempt=2)) == ["note_00001_.txt"]
    assert outputs(home) == ["note_00001_.txt"]


def test_without_what_was_noted_there_would_be_two(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_short(home, task(TEXT), monkeypatch, named=True)
    monkeypatch.setattr(Names, "read", lambda _: ())

    attempt(home, task(TEXT, attempt=2))

    assert [each for each in outputs(home) if not each.startswith(".")] == ["note_00001_.txt", "note_00002_.txt"]


def test_equal_files_of_two_nodes_stay_two(home: Home) -> None:
    attempt(home, task(TWO))

    assert sorted(attempt(home, task(TWO, attempt=2))) == ["note_00001_.txt", "note_00002_.txt"]
    assert outputs(home) == ["note_00001_.txt", "note_00002_.txt"]


def test_an_equal_file_of_another_job_is_not_taken_for_ones_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "_highest", lambda _: 0)  # as if nobody had seen the other one's
    attempt(home, task(TEXT, job="other"))
    attempt(home, task(TEXT))

    assert attempt(home, task(TEXT, attempt=2)) == ["note_00002_.txt"]


def test_an_equal_file_that_took_the_name_in_between_is_left_to_the_other_job(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(home, task(TEXT), monkeypatch, named=False)
    attempt(home, task(TEXT, job="other"))

    assert attempt(home, task(TEXT, attempt=2)) == ["note_00002_.txt"]
    assert outputs(home) == ["note_00001_.txt", "note_00002_.txt"]


def test_a_file_that_somebody_changed_is_left_alone(home: Home) -> None:
    attempt(home, task(TEXT))
    (home.output / "note_00001_.txt").unlink()
    (home.output / "note_00001_.txt").write_text("mine!")

    assert attempt(home, task(TEXT, attempt=2)) == ["note_00002_.txt"]
    assert (home.output / "note_00001_.txt").read_text() == "mine!"


def test_half_a_line_costs_itself_only(home: Home) -> None:
    names, named = Names(home.names, "job"), Named("save", "output", "0" * 64, "note_00001_.txt", ".note-1.part")
    names.note(named)
    with (home.names / "job").open("ab") as file:
        file.write(b'\n{"node": "save", "pur')
    names.note(other := Named("save", "output", "1" * 64, "note_00002_.txt", ".note-2.part"))

    assert names.read() == (named, other)


def test_what_was_noted_goes_when_the_job_has_ended(store: JobStore, home: Home) -> None:
    done, running = in_state(store, JobState.DONE), in_state(store, JobState.RUNNING)
    for id in (done.id, running.id, "deleted"):
        Names(home.names, id).note(Named("save", "output", "0" * 64, "note_00001_.txt", ".note.part"))

    async def scene() -> None:
        await Keeper(store, BlobFolder(home.artifacts), names=home.names).tidy()

    play(scene())
    assert [each.name for each in home.names.iterdir()] == [running.id]
