"""A file is one's own until it is closed; a disk that knows no locks is told as such."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.lock import HomeLock, HomeTaken, wait_for_lock
from graphflow.locking import lock

ASK = "import sys; from graphflow.locking import lock; print(lock(open(sys.argv[1], 'a+')))"


def other_process_gets(path: Path) -> bool:
    asked = subprocess.run([sys.executable, "-c", ASK, str(path)], capture_output=True, text=True, check=True)
    return asked.stdout.strip() == "True"


def test_a_file_is_taken_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a+") as mine, path.open("a+") as again:
        taken = [lock(mine), lock(again), other_process_gets(path)]

    assert taken == [True, False, False]
    assert other_process_gets(path)


def test_a_home_that_another_has_is_told_with_its_process(tmp_path: Path) -> None:
    held = HomeLock(tmp_path / "lock")

    with pytest.raises(HomeTaken, match=r"process \d+"):
        HomeLock(tmp_path / "lock")

    held.close()
    HomeLock(tmp_path / "lock").close()


def test_a_disk_without_locks_is_no_other_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("graphflow.jobs.lock.lock", refuse)

    with pytest.raises(StorageError, match=r"cannot lock .*: No locks available") as caught:
        HomeLock(tmp_path / "lock")
    with pytest.raises(StorageError, match="cannot lock"), wait_for_lock(tmp_path / "other"):
        pass

    assert not isinstance(caught.value, HomeTaken)
