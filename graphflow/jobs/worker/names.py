"""Remembers under which names a job's files were put, so that an attempt after a kill makes no second file of a result.

A worker gives a file its name for people a moment before the server has written that down. When it is killed between,
only what stands here tells the next attempt. There is one file per job, `names/JOB`, with a line of JSON for each name,
written before the name is given. A kill costs no line that was written; a power cut may, and then the name goes with it
or stays beside a second one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from graphflow.syncing import make_folders


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a node's file was to get; `part` is the file beside it that bore the bytes until then.

    Where the name was taken, another line with the same `part` says the next one that was tried.
    """

    node: str
    purpose: str
    sha256: str
    name: str
    part: str


class Names:
    """The names of one job's files."""

    def __init__(self, folder: Path, job: str) -> None:
        self._folder = folder
        self._job = job

    @property
    def _path(self) -> Path:
        return self._folder / self._job  # seldom: most jobs save nothing

    def note(self, named: Named) -> None:
        """Note a name that is about to be given; raise OSError."""
        # The line break comes first: half a line of a disk that was full spoils no other.
        line = f"\n{json.dumps(asdict(named))}".encode()
        try:
            self._append(line)
        except FileNotFoundError:
            make_folders(self._path.parent)
            self._append(line)

    def read(self) -> tuple[Named, ...]:
        """Return the name of each file that was put, or was about to be, in order."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        last: dict[str, Named] = {}
        for line in lines:
            with suppress(ValueError, TypeError):  # half a line
                named = Named(**json.loads(line))
                last[named.part] = named
        return tuple(last.values())

    def _append(self, line: bytes) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(line)


def sweep_names(folder: Path, is_over: Callable[[str], bool]) -> None:
    """Remove what stands here of jobs that have ended: the server knows their files."""
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            if is_over(path.name):
                path.unlink(missing_ok=True)
