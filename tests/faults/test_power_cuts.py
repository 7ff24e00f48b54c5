"""What was acknowledged survives a power cut at any instant, whatever the disk made of the writes before it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from graphflow.jobs import store as store_module
from graphflow.jobs.model import JobState
from graphflow.jobs.store import JobStore
from tests.jobs.stores import now, submit
from tests.jobs.submitter import EarlyWriter
from tests.sizes import sized, tell

from .power import MODES, Entry, Mode, Recorder, image, recorded

CUTS = sized(50, 2_000)
JOBS = sized(120, 600)
THREADS = 4


class Found(NamedTuple):
    """What images of a disk held: how many acknowledged jobs, and how many of them were lost or wrong."""

    acknowledged: int
    lost: int
    corrupt: int


def work(folder: Path, recorder: Recorder, jobs: int = JOBS) -> None:
    """Submit jobs from some threads and run every third, and note each answer in the log of the disk."""
    store = JobStore(folder)

    def some(first: int) -> None:
        for number in range(first, jobs, THREADS):
            job = submit(store, body(number), client=str(number))
            recorder.log.append(("ack", job.id, number, JobState.QUEUED))

    threads = [threading.Thread(target=some, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for _ in range(jobs // 3):
        claimed = now(store.claim("w"))
        if claimed is not None:
            job = now(store.finish(claimed.job.id, claimed.job.attempt, {"value": 1}))
            recorder.log.append(("ack", job.id, int(job.client), JobState.DONE))
    for thread in threads:
        thread.join(60)
    store.close()


def body(number: int) -> str:
    return f'{{"number": {number}, "padding": "{"x" * 3000}"}}'


def cut(log: Sequence[Entry], mode: Mode, cuts: int, folder: Path, *, first: int = 0, seed: int = 0) -> Found:
    """Cut the power at random instants, open what is left each time, and count."""
    chance = random.Random(f"{mode} {cuts} {seed}" if seed else f"{mode} {cuts}")
    acknowledged = lost = corrupt = 0
    for _ in range(cuts):
        at = chance.randrange(first, len(log) + 1)
        image(log, at, mode, chance, folder)
        promised = {entry[1]: entry[2:] for entry in log[:at] if entry[0] == "ack"}
        try:
            found = look(folder)
        except Exception as error:  # noqa: BLE001  whatever it is: this image could not be used
            print(mode, at, error)
            corrupt += 1
            found = {}
        shutil.rmtree(folder)
        acknowledged += len(promised)
        lost += sum(found.get(id, ("", None))[0] != body(number) for id, (number, _) in promised.items())
        lost += sum(
            state is JobState.DONE and found.get(id, ("", None))[1] != "done" for id, (_, state) in promised.items()
        )
    return Found(acknowledged, lost, corrupt)


def look(folder: Path) -> dict[str, tuple[str, str]]:
    """Open a store as it ships, have it submit and close, and read body and state of each job beside its code."""
    store = JobStore(folder)
    try:
        submit(store, "{}", client="afterwards")
    finally:
        store.close()
    with closing(sqlite3.connect(folder / "jobs.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT id, body, state FROM jobs JOIN requests ON job = id").fetchall()
    return {id: (text, state) for id, text, state in rows}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Return the log of a disk on which a store worked."""
    with pytest.MonkeyPatch.context() as patch, recorded(patch, "power") as recorder:
        work(tmp_path_factory.mktemp("power") / "jobs", recorder)
    return recorder.log


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Path]:
    """Yield where images are made: in memory where that is possible, for their syncs mean nothing."""
    shared = Path("/dev/shm")  # noqa: S108  only a folder of its own with an unguessable name is made there
    with tempfile.TemporaryDirectory(prefix="graphflow-", dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder) / "image"


@pytest.mark.parametrize("mode", MODES)
def test_a_power_cut_loses_nothing_that_was_acknowledged(written: list[Entry], mode: Mode, images: Path) -> None:
    found = cut(written, mode, CUTS, images)

    counted = f"{found.acknowledged:,} acknowledged, {found.lost} lost, {found.corrupt} corrupt"
    tell(f"power cuts under the job store, {mode}", f"{CUTS:,}, {counted}")
    assert found.acknowledged > 10 * CUTS
    assert (found.lost, found.corrupt) == (0, 0)


@pytest.mark.parametrize("mode", MODES)
def test_a_power_cut_at_the_very_first_start_leaves_a_home_that_starts(
    written: list[Entry], mode: Mode, images: Path
) -> None:
    beginning = written[: next(at for at, entry in enumerate(written) if entry[0] == "ack")]

    assert cut(beginning, mode, CUTS, images).corrupt == 0


def test_a_power_cut_in_the_very_first_write_leaves_a_home_that_starts(written: list[Entry], images: Path) -> None:
    first = next(at for at, entry in enumerate(written) if entry[:2] == ("write", "jobs.db"))

    for number in range(40):
        assert cut(written[: first + 1], "torn", 1, images, first=first + 1, seed=number).corrupt == 0


def test_the_log_holds_checkpoints_too(written: list[Entry]) -> None:
    database = [at for at, entry in enumerate(written) if entry[:2] == ("write", "jobs.db")]
    first_ack = next(at for at, entry in enumerate(written) if entry[0] == "ack")

    assert any(first_ack < at < len(written) - 100 for at in database)


def test_a_store_that_syncs_less_is_found_out(tmp_path: Path, images: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, recorded(patch, "power-normal", "NORMAL") as recorder:
        work(tmp_path / "jobs", recorder, 60)

    assert cut(recorder.log, "drop", 20, images).lost > 0


def test_a_store_that_answers_before_it_commits_is_found_out(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "Writer", EarlyWriter)
    with pytest.MonkeyPatch.context() as patch, recorded(patch, "power-early") as recorder:
        store = JobStore(tmp_path / "jobs")
        for number in range(40):
            recorder.log.append(("ack", submit(store, body(number)).id, number, JobState.QUEUED))
        store.close()

    assert cut(recorder.log, "drop", 20, images).lost > 0
