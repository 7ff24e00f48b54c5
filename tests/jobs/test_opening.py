"""A store opens what it knows, brings it up to date whole, and touches nothing else."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graphflow.errors import Problem, StorageError
from graphflow.jobs.database import READER_KIBIBYTES, connect
from graphflow.jobs.model import JobState
from graphflow.jobs.schema import MIGRATIONS
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, now, states, submit

VERSION_1 = Path(__file__).parents[1] / "fixtures" / "jobs" / "version-1.sql"


def old_store(folder: Path) -> Path:
    """Make the database of a store of version 1, in which a server was killed while a job ran."""
    path = folder / "jobs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
    return path


def prints(folder: Path) -> dict[str, str]:
    """Return a digest of every file but the lock's."""
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir() if each.name != "lock"
    }


def test_a_store_of_version_1_opens_with_all_that_it_held(tmp_path: Path) -> None:
    old_store(tmp_path)

    store = JobStore(tmp_path)
    try:
        jobs = {each.number: each for each in store.list().jobs}
        assert {number: str(each.state) for number, each in jobs.items()} == {
            1: "done", 2: "failed", 3: "held", 4: "cancelled", 5: "queued", 6: "queued"
        }  # fmt: skip
        done = jobs[1]
        assert (done.client, done.priority, done.labels, done.time_limit) == ("ann", 2, ("cats",), 60.0)
        assert done.outputs == {"seed": 2**64 - 1}
        assert store.body(done.id) == '{"seed": 18446744073709551615}'
        assert [(each.name, each.sha256, each.width) for each in store.artifacts_of(done.id)] == [
            ("a.png", "cd" * 32, 8)
        ]
        assert [each.event.kind for each in store.events_after(done.id)] == [
            *("job.state", "job.state", "node.started", "artifact.kept", "node.finished", "job.state"),
        ]
        assert jobs[2].problem == Problem("node-failed", "it broke", node="save", hint="mend it")
        assert store.paused
        assert submit(store, '{"seed": 18446744073709551615}', client="ann", idempotency_key="k").id == done.id
    finally:
        store.close()


def test_a_migration_keeps_the_jobs_and_a_copy_of_the_old_store(tmp_path: Path) -> None:
    path = old_store(tmp_path)
    step = "ALTER TABLE jobs ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';"

    JobStore(tmp_path, migrations=(*MIGRATIONS, step)).close()

    with closing(sqlite3.connect(path)) as new, closing(sqlite3.connect(tmp_path / "jobs-version-1.db")) as old:
        assert new.execute("SELECT count(*), min(colour) FROM jobs").fetchone() == (6, "red")
        assert new.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
        assert old.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
        assert old.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_migration_that_fails_halfway_leaves_the_old_version_whole(tmp_path: Path) -> None:
    path = old_store(tmp_path)
    steps = ("ALTER TABLE jobs ADD COLUMN colour TEXT; DELETE FROM jobs;", "SELECT no_such_function();")

    with pytest.raises(StorageError, match="cannot open the job store"):
        JobStore(tmp_path, migrations=(*MIGRATIONS, *steps))

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    JobStore(tmp_path).close()


def test_an_older_program_refuses_a_newer_store_and_touches_nothing(tmp_path: Path) -> None:
    JobStore(tmp_path, migrations=(*MIGRATIONS, "CREATE TABLE later (a);")).close()
    before = prints(tmp_path)

    with pytest.raises(StorageError, match=rf"has version {len(MIGRATIONS) + 1}.*nothing was changed"):
        JobStore(tmp_path)

    assert prints(tmp_path) == before


def test_a_database_of_another_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.executescript("CREATE TABLE theirs (a); PRAGMA application_id = 7;")
    before = prints(tmp_path)

    with pytest.raises(StorageError, match="of another program"):
        JobStore(tmp_path)

    assert prints(tmp_path) == before


@pytest.mark.parametrize(
    "harm", [lambda data: b"\0" * 100 + data[100:], lambda data: data[:50], lambda data: b"# notes\n" * 40]
)
def test_a_destroyed_header_is_refused_with_the_way_back_and_nothing_is_overwritten(
    tmp_path: Path, harm: object
) -> None:
    path = old_store(tmp_path)
    assert callable(harm)
    path.write_bytes(harm(path.read_bytes()))
    before = prints(tmp_path)

    with pytest.raises(StorageError, match=r"damaged.*nothing was overwritten") as caught:
        JobStore(tmp_path)

    assert "graphflow jobs restore" in str(caught.value.hint)
    assert prints(tmp_path) == before


def test_damage_behind_the_header_is_refused_as_well(tmp_path: Path) -> None:
    path = old_store(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * 4000 + data[4100:])

    with pytest.raises(StorageError, match="damaged") as caught:
        JobStore(tmp_path)

    assert "graphflow jobs restore" in str(caught.value.hint)


def test_a_second_store_on_one_home_refuses_and_names_the_first(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from graphflow.jobs import JobStore\n"
    code += "store = JobStore(Path(sys.argv[1])); print(os.getpid(), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        pid = first.stdout.readline().strip()

        with pytest.raises(StorageError, match=f"process {pid}$"):
            JobStore(tmp_path)
        first.kill()

    JobStore(tmp_path).close()


def test_one_process_cannot_open_a_home_twice_either(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    job = submit(store)

    with pytest.raises(StorageError, match="another GraphFlow server uses"):
        JobStore(tmp_path)

    assert claim(store).job.id == job.id
    store.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    job = submit(store)
    store.close()
    store.close()

    for ask in (store.get, store.cancel):
        with pytest.raises(StorageError, match="is closed"):
            ask(job.id)


def test_closing_commits_what_waits_and_leaves_one_file(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    futures = [store.hold(submit(store).id) for _ in range(20)]
    store.close()

    assert [now(each).state for each in futures] == [JobState.HELD] * 20
    assert sorted(each.name for each in tmp_path.iterdir()) == ["jobs.db", "lock"]
    store = JobStore(tmp_path)
    assert states(store) == {"held": 20}
    store.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageError, match="cannot create the folder"):
        JobStore(tmp_path / "file" / "jobs")


def test_a_reader_keeps_fewer_pages_than_the_writer(tmp_path: Path) -> None:
    """There are many of them, and each would fill its 2 MiB in the course of days."""
    with (
        closing(connect(tmp_path / "jobs.db")) as writer,
        closing(connect(tmp_path / "jobs.db", read_only=True)) as one,
    ):
        kibibytes = [-each.execute("PRAGMA cache_size").fetchone()[0] for each in (writer, one)]

    assert kibibytes == [2000, READER_KIBIBYTES]
