"""One server per home: a lock that ends with its process, and says who holds it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from graphflow.errors import StorageError

LOCK = "lock"
"""The file in the folder of the jobs that a server locks."""


class HomeTaken(StorageError):
    """Another process has the folder."""


class HomeLock:
    """Hold a folder for this process until `close`; the system lets go when the process dies, however it dies.

    Raise HomeTaken, with the holder's process id, when somebody else has it.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a+", encoding="ascii")
        if not _lock(self._file):
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            self._file.close()
            raise HomeTaken(
                f"another GraphFlow server uses {path.parent}: process {holder}",
                hint="stop it first, or choose another home with --home",
            )
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def close(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two files of one name."""
        if not self._file.closed:
            self._file.truncate(0)
            self._file.close()


@contextmanager
def wait_for_lock(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """Hold a file's lock for the length of a block; raise StorageError when another process keeps it for so long."""
    deadline = time.monotonic() + seconds
    with path.open("a+", encoding="ascii") as file:
        while not _lock(file):
            if time.monotonic() > deadline:
                raise StorageError(f"another process keeps {path} locked", hint="try again, or end that process")
            time.sleep(0.01)
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> bool:
        file.seek(1 << 20)  # behind the text: on Windows a locked byte cannot be read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
