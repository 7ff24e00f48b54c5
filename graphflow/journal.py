"""Keeps on disk what a long node has noted, so that a run that was killed goes on inside that node.

One file per node key, `KEY.journal`, little-endian, written by appending:

    header    magic and version, 8 bytes; the node's key, 64 bytes
    records   call, stretch, step, 4 bytes each; length, 8; sha256 of the key, these numbers and the bytes, 32; the bytes

A record reaches the system with one write, so a kill loses at most the one being written; for a power cut the file
is synced every two seconds. What follows the first unsound record is cut off. Whatever goes wrong with the disk
costs the resuming, never the run.
"""

from __future__ import annotations

import os
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from io import FileIO
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from graphflow.keys import CacheKey
from graphflow.locking import lock

MAGIC: Final = b"GFJOURN\x01"
SUFFIX: Final = ".journal"
MAX_BYTES: Final = 256 << 20
"""A node whose journal would grow larger does without one."""
SYNC_SECONDS: Final = 2.0
SYNC_SHARE: Final = 0.01
"""On a disk so slow that syncing would take a larger share of the time, it is done less often."""
STALE_SECONDS: Final = 7 * 24 * 3600
"""Nobody came back to a journal that was not written to for so long."""
KEPT: Final = 4
"""So many finished nodes keep their journals until the run ends: the disk cache writes results a little later."""

_HEAD: Final = struct.Struct("<IIIQ")
_DIGEST_BYTES: Final = 32


class Stretch(NamedTuple):
    """One piece of work of a node: which call for an element of a list, and the how-manieth piece of that call."""

    call: int
    number: int


class Journals:
    """The journals of one run, in a folder that runs and processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._finished: deque[Path] = deque()
        self._looked_at: set[Path] = set()
        self._cleaned = self._told = False

    def of(self, key: CacheKey, log: Callable[[str], None]) -> Journal:
        """Return a node's journal; there is no file before something is noted. `log` hears what people should know."""
        return Journal(self._folder / f"{key}{SUFFIX}", key, self, log)

    def remove_stale(self) -> None:
        """Remove, once in a run, what nobody has come back to."""
        if self._cleaned:
            return
        self._cleaned = True
        long_ago = time.time() - STALE_SECONDS
        with suppress(OSError), os.scandir(self._folder) as files:
            for file in files:
                if file.name.endswith(SUFFIX) and file.stat().st_mtime < long_ago:
                    Path(file.path).unlink()

    def first_look(self, path: Path) -> bool:
        """Say whether this run looks at a journal for the first time, so that what is in it is an earlier run's."""
        first = path not in self._looked_at
        self._looked_at.add(path)
        return first

    def finished(self, path: Path) -> None:
        """Remove a finished node's journal a little later."""
        self._finished.append(path)
        if len(self._finished) > KEPT:
            _remove(self._finished.popleft())

    def close(self) -> None:
        """End the run: remove the journals of all nodes that finished."""
        while self._finished:
            _remove(self._finished.popleft())

    def tell(self, log: Callable[[str], None], message: str) -> None:
        """Say what is wrong with the disk once in a run."""
        if not self._told:
            self._told = True
            log(message)


class Journal:
    """What one node notes, and what an earlier attempt at the same node has noted.

    Of several who work on one key at a time the first has the journal, and the others do without.
    """

    def __init__(self, path: Path, key: CacheKey, owner: Journals, log: Callable[[str], None]) -> None:
        self._path = path
        self._key = key.encode("ascii")
        self._owner = owner
        self._log = log
        self._file: FileIO | None = None
        self._size = 0
        self._notes: dict[Stretch, list[int]] = {}
        """Where the records of a stretch begin, by step."""
        self._next_sync = 0.0
        self._synced = self._done_without = False

    def read(self, stretch: Stretch) -> tuple[bytes, ...]:
        """Return what was noted in this stretch, from step 0 on, and say so when that was in an earlier run."""
        first = self._owner.first_look(self._path)
        try:
            file = self._open(create=False)
            notes = () if file is None else self._read(file, stretch)
        except OSError as error:
            self._lose(error)
            return ()
        if notes and first:
            self._log("goes on where an earlier run was cut short")
        return notes

    def write(self, stretch: Stretch, step: int, data: bytes) -> None:
        """Append a note; notes of this step and later ones that stand there already count no more.

        Raises ValueError when the steps before it were not noted.
        """
        try:
            file = self._open(create=True)
            if file is not None:
                self._append(file, stretch, step, data)
        except OSError as error:
            self._lose(error)

    def close(self) -> None:
        """Leave the journal for the next attempt."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def finish(self) -> None:
        """Have the journal removed: the node has its result."""
        if self._file is not None:
            self.close()
            self._owner.finished(self._path)

    def _open(self, *, create: bool) -> FileIO | None:
        if self._done_without or self._file is not None:
            return self._file
        if create:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._owner.remove_stale()
        elif not self._path.exists():
            return None
        file = FileIO(self._path, "a+")
        try:
            if not lock(file):
                file.close()
                self._done_without = True
                return None
            self._find(file)
        except OSError:
            file.close()
            raise
        self._file = file
        self._next_sync = monotonic() + SYNC_SECONDS
        return file

    def _find(self, file: FileIO) -> None:
        """Note where the sound records are, and cut off the rest: all of a file that belongs to something else."""
        header = MAGIC + self._key
        self._notes.clear()
        file.seek(0)
        end = len(header) if file.read(len(header)) == header else 0
        while end and (found := _record_at(file, end, self._key)):
            stretch, step, data = found
            steps = self._notes.setdefault(stretch, [])
            if step > len(steps):
                break
            steps[step:] = [end]
            end += _HEAD.size + _DIGEST_BYTES + len(data)
        file.truncate(end)
        if not end:
            _write(file, header)
            end = len(header)
        self._size = end

    def _read(self, file: FileIO, stretch: Stretch) -> tuple[bytes, ...]:
        notes = []
        for start in self._notes.get(stretch, ()):
            found = _record_at(file, start, self._key)
            if found is None:
                break
            notes.append(found[2])
        return tuple(notes)

    def _append(self, file: FileIO, stretch: Stretch, step: int, data: bytes) -> None:
        steps = self._notes.setdefault(stretch, [])
        if not 0 <= step <= len(steps):
            raise ValueError(f"the note of step {step} does not follow on {len(steps)} notes")
        record = _record(stretch, step, data, self._key)
        if self._size + len(record) > MAX_BYTES:
            self._give_up()
            return
        _write(file, record)
        steps[step:] = [self._size]
        self._size += len(record)
        if monotonic() >= self._next_sync:
            self._sync(file)

    def _sync(self, file: FileIO) -> None:
        start = monotonic()
        os.fsync(file.fileno())
        if not self._synced and os.name == "posix":  # the file's name as well
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        self._synced = True
        end = monotonic()
        self._next_sync = end + max(SYNC_SECONDS, (end - start) / SYNC_SHARE)

    def _lose(self, error: OSError) -> None:
        self._give_up()
        why = f"{error.strerror or error}: {self._path.parent}"
        self._owner.tell(self._log, f"if this run is killed, it cannot go on where it was: {why}")

    def _give_up(self) -> None:
        self._done_without = True
        if self._file is not None:
            self.close()
            _remove(self._path)


def _record(stretch: Stretch, step: int, data: bytes, key: bytes) -> bytes:
    head = _HEAD.pack(*stretch, step, len(data))
    return b"".join((head, _digest(key, head, data), data))


def _record_at(file: FileIO, start: int, key: bytes) -> tuple[Stretch, int, bytes] | None:
    """Return a record, or None where no sound one is."""
    file.seek(start)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    call, number, step, length = _HEAD.unpack(head)
    if length > MAX_BYTES:
        return None
    digest, data = file.read(_DIGEST_BYTES), file.read(length)
    if len(data) < length or not _sound(digest, key, head, data):
        return None
    return Stretch(call, number), step, data


def _sound(digest: bytes, key: bytes, head: bytes, data: bytes) -> bool:
    return digest == _digest(key, head, data)


def _digest(key: bytes, head: bytes, data: bytes) -> bytes:
    digest = sha256(key)
    digest.update(head)
    digest.update(data)
    return digest.digest()


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
