"""A backup is taken while the store works, and brings a destroyed one back."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.backup import back_up, restore
from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.stores import now, states, submit


def test_a_copy_of_a_working_store_brings_a_destroyed_one_back(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "backups" / "monday.db"
    store = JobStore(home)
    kept = [submit(store).id for _ in range(50)]
    writing = [store.submit(NewJob("{}")) for _ in range(500)]
    back_up(home, copy)
    for future in writing:
        now(future)
    store.close()
    destroyed = b"\0" * 4096
    (home / "jobs.db").write_bytes(destroyed)

    aside = restore(home, copy)

    assert aside is not None
    assert aside.read_bytes() == destroyed
    store = JobStore(home)
    assert [store.get(id).id for id in kept] == kept
    assert states(store)["queued"] >= 50
    store.close()


def test_a_restore_is_refused_while_a_server_has_the_home(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "home")
    job = submit(store)
    back_up(tmp_path / "home", tmp_path / "copy.db")

    with pytest.raises(StorageError, match="another GraphFlow server"):
        restore(tmp_path / "home", tmp_path / "copy.db")

    assert store.get(job.id) == job
    store.close()


def test_a_damaged_copy_is_refused_and_the_store_stays(tmp_path: Path) -> None:
    JobStore(tmp_path / "home").close()
    back_up(tmp_path / "home", tmp_path / "copy.db")
    data = (tmp_path / "copy.db").read_bytes()
    (tmp_path / "copy.db").write_bytes(data[:4096] + b"\xff" * 4096 + data[8192:])
    before = (tmp_path / "home" / "jobs.db").read_bytes()

    with pytest.raises(StorageError):
        restore(tmp_path / "home", tmp_path / "copy.db")

    assert (tmp_path / "home" / "jobs.db").read_bytes() == before
    JobStore(tmp_path / "home").close()


def test_a_restore_into_a_fresh_home_has_nothing_to_put_aside(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "home")
    job = submit(store)
    store.close()
    back_up(tmp_path / "home", tmp_path / "copy.db")

    assert restore(tmp_path / "new", tmp_path / "copy.db") is None

    store = JobStore(tmp_path / "new")
    assert store.get(job.id) == job
    store.close()


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    JobStore(tmp_path / "home").close()
    (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(StorageError, match="already"):
        back_up(tmp_path / "home", tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "home"]


def test_without_a_store_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no job store"):
        back_up(tmp_path, tmp_path / "copy.db")
    with pytest.raises(StorageError, match="there is no file"):
        restore(tmp_path, tmp_path / "copy.db")
