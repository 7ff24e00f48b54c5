"""What a server keeps beside its jobs: temporary files and thumbnails stay within their room, and what is in use stays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.home import Home
from graphflow.jobs import JobStore
from graphflow.server.room import Room, clean
from tests.jobs.stores import claim, now, submit

DAY = 86_400


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[JobStore]:
    store = JobStore(home.jobs)
    yield store
    store.close()


def file(path: Path, age: float, size: int = 100) -> Path:
    """Write a file that is so many seconds old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def there(*paths: Path) -> list[bool]:
    return [each.exists() for each in paths]


def test_the_oldest_temporary_files_leave_of_each_user_alone(home: Home, store: JobStore) -> None:
    adas = home.of_user("ada").temp
    mine = [file(home.temp / "sub" / f"{days}", days * DAY) for days in (9, 5, 2)]
    hers = [file(adas / f"{days}", days * DAY) for days in (30, 20)]

    clean(home, store, Room(temp=250))

    assert there(*mine) == [False, True, True]
    assert there(*hers) == [True, True], "hers fit"


def test_files_in_the_other_folders_are_nobodys_business(home: Home, store: JobStore) -> None:
    kept = [file(folder / "old", 900 * DAY) for folder in (home.output, home.input, home.models, home.workflows)]

    clean(home, store, Room(temp=0, thumbnails=0))

    assert there(*kept) == [True] * 4


def test_fresh_files_stay_whatever_the_room(home: Home, store: JobStore) -> None:
    fresh, old = file(home.temp / "fresh", 60), file(home.temp / "old", 2 * DAY)

    clean(home, store, Room(temp=0))

    assert there(fresh, old) == [True, False]


def test_what_was_written_since_a_running_job_began_stays_until_it_ends(home: Home, store: JobStore) -> None:
    submit(store)
    running = claim(store)
    written = file(home.temp / "since", -5)
    before = file(home.temp / "before", 2 * DAY)
    later = time.time() + 2 * DAY

    with pytest.MonkeyPatch.context() as days_later:
        days_later.setattr("graphflow.server.room.time.time", lambda: later)
        clean(home, store, Room(temp=0))
        while_it_ran = there(written, before)
        now(store.finish(running.job.id, running.attempt, {}))
        clean(home, store, Room(temp=0))

    assert while_it_ran == [True, False]
    assert there(written) == [False]


def test_thumbnails_leave_by_how_long_nobody_looked(home: Home, store: JobStore) -> None:
    drawn = [file(home.cache / "thumbnails" / f"{days:02}" / "it.webp", days * DAY) for days in (9, 5, 2)]
    results = file(home.cache / "results" / "ab" / "entry", 900 * DAY)

    clean(home, store, Room(thumbnails=250))

    assert there(*drawn) == [False, True, True]
    assert there(results) == [True]
