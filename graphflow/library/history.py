"""The revisions of one workflow: a folder of whole files, numbered, each under the hash of its content."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias, cast

from graphflow.library.writing import storage_error, write_whole

MOST = 200
"""Revisions of one workflow that are kept at most."""
FEWEST = 20
"""So many are kept however old they are."""
LONGEST_SECONDS = 365 * 86_400.0
_FILE = re.compile(r"(\d{8,})\.(saved|found|restored)\.([0-9a-f]{64})\.json")

Cause: TypeAlias = Literal["saved", "found", "restored"]
"""`found`: the file was changed behind our back, by another program."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state that a workflow had: `id` is the sha256 of its text, `at` seconds since 1970."""

    id: str
    at: float
    cause: Cause
    size: int


class History:
    """The revisions in a folder, newest first. Reading changes nothing; whoever writes holds the library's lock."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self.folder = folder
        self._incoming = incoming

    def revisions(self) -> tuple[Revision, ...]:
        """Return every revision, newest first."""
        revisions = []
        for _, cause, id, path in self._files():
            with suppress(OSError):  # pruned meanwhile
                facts = path.stat()
                revisions.append(Revision(id, facts.st_mtime, cause, facts.st_size))
        return tuple(revisions)

    def text(self, id: str) -> bytes | None:
        """Return a revision's text; None when it is not there or is no longer what it was."""
        for _, _, found, path in self._files():
            if found == id:
                with suppress(OSError):
                    data = path.read_bytes()
                    if sha256(data).hexdigest() == id:
                        return data
        return None

    def newest(self) -> str | None:
        """Return the id of the newest revision."""
        files = self._files()
        return files[0][2] if files else None

    def add(self, id: str, text: bytes, cause: Cause, at: float | None = None) -> None:
        """Keep a text as the newest revision, unless it is that already; raise StorageError."""
        files = self._files()
        if files and files[0][2] == id:
            return
        number = files[0][0] + 1 if files else 1
        path = self.folder / f"{number:08d}.{cause}.{id}.json"
        write_whole(path, text, self._incoming)
        if at is not None:
            try:
                os.utime(path, (at, at))
            except OSError as error:
                raise storage_error(path, error) from error
        self._prune(self._files())

    def _prune(self, files: Sequence[tuple[int, Cause, str, Path]]) -> None:
        long_ago = time.time() - LONGEST_SECONDS
        for index, (_, _, _, path) in enumerate(files):
            with suppress(OSError):
                if index >= MOST or (index >= FEWEST and path.stat().st_mtime < long_ago):
                    path.unlink()

    def _files(self) -> list[tuple[int, Cause, str, Path]]:
        """Return number, cause, id and path of each revision, newest first."""
        try:
            names = os.listdir(self.folder)  # noqa: PTH208  names are all that is needed
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = [match for name in names if (match := _FILE.fullmatch(name))]
        files = [(int(each[1]), cast("Cause", each[2]), each[3], self.folder / each[0]) for each in found]
        return sorted(files, key=lambda each: each[0], reverse=True)
