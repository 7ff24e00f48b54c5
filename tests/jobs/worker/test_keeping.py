"""Where a job's files go, what is told of a full disk, and that a name for people costs no second copy."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from graphflow import artifacts
from graphflow.engine import Engine
from graphflow.errors import Problem
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.worker import JobDone, JobFailed, Report, Task
from graphflow.jobs.worker.pictures import picture_size
from graphflow.jobs.worker.running import Bench, Stop, run_task
from tests.jobs.worker.rig import PACK, task

SAVE = task({"save": ("SaveText", {"text": "hello"})})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def bench(home: Home) -> Bench:
    return Bench(Engine(home, packs=[PACK], device="cpu"), BlobFolder(home.artifacts))


def run(bench: Bench, task: Task = SAVE) -> list[Report]:
    reports: list[Report] = []
    reports.append(run_task(bench, task, Stop(), reports.append))
    return reports


def kept(reports: list[Report]) -> ArtifactKept:
    (found,) = (each for each in reports if isinstance(each, ArtifactKept))
    return found


def problem(reports: list[Report]) -> Problem:
    ending = reports[-1]
    assert isinstance(ending, JobFailed)
    return ending.problem


def test_the_name_for_people_is_another_name_of_the_same_file_and_safe_from_careless_hands(
    bench: Bench, home: Home
) -> None:
    found = kept(run(bench))

    blob, named = bench.blobs.find(found.sha256), home.output / found.name
    assert blob is not None
    assert os.path.samestat(blob.stat(), named.stat())
    assert named.stat().st_mode & 0o222 == 0


def test_on_another_disk_it_is_a_copy(bench: Bench, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        if home.artifacts in Path(target).parents:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        os.link(target, path)

    monkeypatch.setattr(Path, "hardlink_to", refuse)

    named = home.output / kept(run(bench)).name

    assert named.read_bytes() == b"hello"
    assert named.stat().st_nlink == 1


def test_taking_the_artifact_away_leaves_the_name_for_people(bench: Bench, home: Home) -> None:
    found = kept(run(bench))

    assert bench.blobs.delete(found.sha256, grace=0.0)

    assert (home.output / found.name).read_bytes() == b"hello"
    assert kept(run(bench)).name == "note_00002_.txt"


@pytest.mark.parametrize("what", ["artifacts", "output"])
def test_a_full_disk_is_told_as_such_and_the_next_job_works_when_there_is_room(
    bench: Bench, home: Home, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        if what == "artifacts":
            patched.setattr(os, "fsync", full)
        else:
            patched.setattr(artifacts, "_is_linked", full)
        failed = problem(run(bench))

    assert (failed.code, failed.node) == ("disk-full", "save")
    assert "the disk is full" in failed.message
    assert "free some space" in str(failed.hint)
    assert not [path for path in home.root.rglob("*") if path.is_file() and path.suffix in (".part", ".txt")]
    assert isinstance(run(bench)[-1], JobDone)


def test_a_disk_that_fails_otherwise_is_a_storage_problem(bench: Bench, home: Home) -> None:
    home.artifacts.parent.mkdir(parents=True)
    home.artifacts.write_text("a file where the folder should be")

    assert problem(run(bench)).code == "storage"


def test_a_name_that_leaves_the_folder_is_the_nodes_failure(bench: Bench) -> None:
    failed = problem(run(bench, task({"save": ("SaveText", {"prefix": "../outside"})})))

    assert (failed.code, failed.node) == ("bad-file-name", "save")


def test_what_nobody_foresaw_is_internal_and_its_traceback_goes_to_the_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bench.engine, "plan", lambda *_given: 1 / 0)

    failed = problem(run(bench))

    assert (failed.code, failed.hint) == ("internal", "the worker's log shows where")
    assert "division" not in failed.message
    assert "ZeroDivisionError: division by zero" in caplog.text


def test_a_user_that_can_have_no_folder_is_no_way_out_of_the_home(bench: Bench, home: Home) -> None:
    failed = problem(run(bench, Task("job", 1, SAVE.body, user="../outside")))

    assert failed.code == "internal"
    assert not (home.root / "outside").exists()


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\xff" * 100])
def test_a_damaged_picture_has_no_size(data: bytes) -> None:
    assert picture_size(data, "image/png") is None


def test_what_is_no_picture_has_no_size() -> None:
    assert picture_size(b"text", "text/plain") is None
