"""What a worker process writes to its standard error: a file that does not grow without end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from graphflow.home import make_folder

MAX_BYTES: Final = 4 << 20
_TAIL_BYTES: Final = 4096
_TAIL_LINES: Final = 8


class WorkerLog:
    """A log file, and the one before it beside it; several processes after each other write to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = 0

    def open(self) -> int:
        """Return a file descriptor to append to, which the caller closes; raise StorageError or OSError."""
        make_folder(self.path.parent)
        self.limit()
        number = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._start = os.fstat(number).st_size
        return number

    def limit(self) -> None:
        """Move the contents beside, in place of what was moved before, when there is too much of them.

        The file itself stays: a process that writes to it goes on at its beginning.
        """
        try:
            if self.path.stat().st_size <= MAX_BYTES:
                return
            with self.path.open("r+b") as file:
                file.seek(-MAX_BYTES, os.SEEK_END)
                self.path.with_name(f"{self.path.name}.1").write_bytes(file.read(MAX_BYTES))
                file.truncate(0)
        except OSError:  # no log is worth a worker
            return
        self._start = 0

    def last_lines(self) -> str:
        """Return the last lines since it was opened last."""
        try:
            with self.path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(self._start, end - _TAIL_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-_TAIL_LINES:])
