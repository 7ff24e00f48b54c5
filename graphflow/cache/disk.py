"""The lower floor of the cache: a folder of results that survives restarts, shared by processes.

An entry lies under `ab/abcdef...`, appears by a rename, and is served only when its checksum is right. Nothing is
synced: what a power cut tears apart is found by its checksum, and a cache may forget. Any failure to write costs
the entry, never the run.
"""

from __future__ import annotations

import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

from graphflow.api import AnyNode
from graphflow.cache.entries import ClassMissing, Damaged, decode, encode
from graphflow.cache.memory import Outputs, Statistics
from graphflow.cache.writer import Writer
from graphflow.keys import CacheKey
from graphflow.trimming import Kept, files_in, trim

FILE_SECONDS = 70e-6
"""What writing a small entry takes at least (measured on ext4)."""
START_RATE = 500e6
"""Bytes per second, until we have measured."""
SMALL_BYTES = 2**20
STALE_SECONDS = 3600
"""A temporary file this old belongs to a process that was killed."""
TOUCH_SECONDS = 3600
"""What is used in memory is marked as used on disk this often."""
MARKS = 100_000
"""So many keys are remembered as marked; forgetting them costs a call of the system for each."""


class DiskCache:
    """Keep results in a folder within a budget of bytes; the least recently used leave first.

    Written from one background thread. Lookups count as use by touching the file, those that memory answers too.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder = folder
        self.budget = budget
        self._root = str(folder)
        self._prefix = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._number = 0
        self._file_seconds = FILE_SECONDS
        self._rate = START_RATE
        self._bytes: int | None = None  # unknown until the folder was listed
        self._unlisted = 0  # bytes written since then; other processes write as well
        self._hits = self._misses = self._dropped = self._damaged = 0
        self._marked: dict[CacheKey, float] = {}  # when an entry was last touched or written
        self.last_error: str | None = None
        """Why the last entry that was dropped could not be written."""
        self._writer = Writer(self._write)

    def get(self, key: CacheKey, type: AnyNode) -> Outputs | None:
        """Return the outputs under this key; throw a damaged entry away."""
        path = f"{self._root}/{key[:2]}/{key}"
        if not self.has(key):  # most looks find nothing, and an exception costs seven times as much
            self._misses += 1
            return None
        try:
            with io.FileIO(path) as file:
                data = file.readall()
            os.utime(path)
        except OSError:
            self._misses += 1
            return None
        self._mark(key, monotonic())
        try:
            outputs = decode(key, type, data)
        except ClassMissing:
            self._misses += 1
            return None
        except Damaged:
            self._misses += 1
            self._damaged += 1
            with suppress(OSError):
                Path(path).unlink()
            return None
        self._hits += 1
        return outputs

    def has(self, key: CacheKey) -> bool:
        """Say whether there is an entry, without reading it: it may yet turn out to be damaged."""
        return os.access(f"{self._root}/{key[:2]}/{key}", os.R_OK)

    def touch(self, key: CacheKey) -> None:
        """Count a use that memory answered, at most once an hour."""
        now = monotonic()
        if now - self._marked.get(key, now - TOUCH_SECONDS) >= TOUCH_SECONDS:
            self._mark(key, now)
            with suppress(OSError):  # it need not be on disk
                os.utime(f"{self._root}/{key[:2]}/{key}")

    def put(self, key: CacheKey, type: AnyNode, outputs: Outputs, size: int) -> None:
        """Have the outputs, which weigh `size` bytes, written soon."""
        self._mark(key, monotonic())
        if size > self.budget or not self._writer.put(key, type, outputs, size):
            self._dropped += 1

    def writing_seconds(self, size: int) -> float:
        """Estimate how long writing so many bytes takes, from what writing took so far."""
        return self._file_seconds + size / self._rate

    def flush(self) -> None:
        """Wait until everything that was put is written or dropped."""
        self._writer.flush()

    def close(self) -> None:
        """Write what is waiting and stop the thread; a later `put` starts it again."""
        self._writer.close()

    def clear(self) -> None:
        """Remove every entry."""
        self.flush()
        for each in self._list():
            with suppress(OSError):
                each.path.unlink()
        self._bytes = None

    def statistics(self) -> Statistics:
        """List the folder, and return what is there and the counts since the start."""
        sizes = [each.size for each in self._list()]
        return Statistics(
            len(sizes),
            sum(sizes),
            self.budget,
            self._hits,
            self._misses,
            dropped=self._dropped,
            damaged=self._damaged,
            last_error=self.last_error,
        )

    def _mark(self, key: CacheKey, now: float) -> None:
        if len(self._marked) >= MARKS:
            self._marked.clear()
        self._marked[key] = now

    def _write(self, key: CacheKey, type: AnyNode, outputs: Outputs) -> None:
        start = time.perf_counter()
        try:
            parts = encode(key, type, outputs)
        except Exception as error:  # noqa: BLE001  a pack's `store` may raise anything, and must not end the thread
            self._drop(f"{type.id}: storing failed: {error!r}")
            return
        if parts is None:
            return
        try:
            self._write_file(key, parts)
        except OSError as error:
            self._drop(f"{error.strerror or error}: {self.folder}")
            return
        written = sum(map(len, parts))
        self._learn(written, time.perf_counter() - start)
        self._count(written)

    def _learn(self, written: int, seconds: float) -> None:
        """Follow how fast this disk is: small entries tell what a file costs, large ones what a byte costs."""
        if written < SMALL_BYTES:
            self._file_seconds = max(FILE_SECONDS, self._file_seconds + (seconds - self._file_seconds) / 16)
        else:
            self._rate += (written / seconds - self._rate) / 4

    def _drop(self, why: str) -> None:
        self._dropped += 1
        self.last_error = why

    def _write_file(self, key: CacheKey, parts: list[bytes]) -> None:
        self._number += 1
        temporary = f"{self._root}/incoming/{self._prefix}-{self._number}"
        target = f"{self._root}/{key[:2]}/{key}"
        try:
            _with_folder(temporary, lambda: _create(temporary, parts))
            _with_folder(target, lambda: os.replace(temporary, target))  # noqa: PTH105  no Path for each small file
        except OSError:
            with suppress(OSError):
                Path(temporary).unlink()
            raise

    def _count(self, written: int) -> None:
        """Add to the folder's size, and sweep when it may be over the budget."""
        self._unlisted += written
        if self._bytes is None or self._bytes + written > self.budget or self._unlisted > self.budget / 10:
            self._sweep()
        else:
            self._bytes += written

    def _sweep(self) -> None:
        self._bytes, self._unlisted = trim(self._list, self.budget), 0
        self._remove_stale()

    def _remove_stale(self) -> None:
        long_ago = time.time() - STALE_SECONDS
        with suppress(OSError), os.scandir(self.folder / "incoming") as files:
            for file in files:
                if file.stat().st_mtime < long_ago:
                    Path(file.path).unlink()

    def _list(self) -> Iterator[Kept]:
        """Yield all entries; what another process is writing is none yet."""
        with suppress(OSError), os.scandir(self.folder) as folders:
            for folder in folders:
                if len(folder.name) == 2:
                    yield from files_in(Path(folder.path))


def _create(path: str, parts: list[bytes]) -> None:
    with io.FileIO(path, "xb") as file, io.BufferedWriter(file) as writer:
        writer.writelines(parts)


def _with_folder(path: str, act: Callable[[], None]) -> None:
    """Act on a path; when that fails for want of its folder, create it and act again."""
    try:
        act()
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        act()
