"""Where a job's files go, what is told of a full disk, and that nobody's hands reach the artifact by the name for people."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow import artifacts
from graphflow.engine import Engine
from graphflow.errors import Problem
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import KeptArtifact
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


def test_what_people_do_with_their_file_leaves_the_artifact_as_it_was(bench: Bench, home: Home) -> None:
    found = kept(run(bench))
    named = home.output / found.name

    with named.open("r+b") as file:  # in place, as some editors and all `exiftool -overwrite_original_in_place` do
        file.write(b"HELLO, world")
    served = bench.blobs.get(found.sha256)
    named.unlink()

    assert sha256(served or b"").hexdigest() == found.sha256
    assert bench.blobs.get(found.sha256) == b"hello"


def test_people_may_write_their_file_and_not_the_artifact(bench: Bench, home: Home) -> None:
    found = kept(run(bench))

    blob, named = bench.blobs.find(found.sha256), home.output / found.name
    assert blob is not None
    assert not os.path.samestat(blob.stat(), named.stat())
    assert (named.stat().st_mode & 0o200, blob.stat().st_mode & 0o222) == (0o200, 0)


def test_a_result_that_was_edited_is_not_taken_for_that_of_an_earlier_attempt(bench: Bench, home: Home) -> None:
    found = kept(run(bench))
    (home.output / found.name).write_bytes(b"jelly")
    earlier = KeptArtifact(
        SAVE.job, 1, found.node, found.name, "output", found.sha256, found.media_type, found.size, None, None
    )

    again = kept(run(bench, replace(SAVE, attempt=2, kept=(earlier,))))

    assert again.name != found.name
    assert (home.output / found.name).read_bytes() == b"jelly"


def test_where_the_disk_can_share_room_the_file_is_still_ones_own(
    bench: Bench, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloned: list[Path] = []

    def clone(source: Path, path: Path) -> bool:
        """Do what a disk that shares blocks does: the same bytes, and no bond between the files."""
        cloned.append(path)
        path.write_bytes(source.read_bytes())
        return True

    monkeypatch.setattr(artifacts, "clone", clone)
    found = kept(run(bench))

    assert len(cloned) == 1
    assert (home.output / found.name).read_bytes() == b"hello"
    assert not list(home.output.glob(".*"))


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
            patched.setattr(artifacts, "publish", full)
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
