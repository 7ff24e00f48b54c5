"""One server per home: a lock that ends with its process, and says who holds it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from graphflow.errors import StorageError
from graphflow.locking import lock

LOCK = "lock"
"""The file in the folder of the jobs that a server locks."""


class HomeTaken(StorageError):
    """Another process has the folder."""


class HomeLock:
    """Hold a folder for this process until `close`; the system lets go when the process dies, however it dies.

    Raise HomeTaken, with the holder's process id, when somebody else has it, and StorageError where nothing can be locked.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a+", encoding="ascii")
        if not _is_ours(self._file, path):
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
        while not _is_ours(file, path):
            if time.monotonic() > deadline:
                raise StorageError(f"another process keeps {path} locked", hint="try again, or end that process")
            time.sleep(0.01)
        yield


def _is_ours(file: IO[str], path: Path) -> bool:
    """Take a file, and say whether nobody else has it; raise StorageError where nothing can be locked."""
    try:
        return lock(file)
    except OSError as error:
        file.close()
        hint = "choose another disk with --home"
        raise StorageError(f"cannot lock {path}: {error.strerror or error}", hint=hint) from error
