"""A database on a disk that remembers every write and every sync, so that the power can be cut at any of them.

SQLite runs on a file layer of ours (apsw), which writes through and keeps a log. `image` makes the files that a disk
may hold after a cut: what was synced is there; of what came later nothing, anything, or torn pieces, whatever the
order. Tests then open the image with the store as it ships.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw
import pytest

from graphflow.jobs import database, store

Mode: TypeAlias = Literal["drop", "random", "torn"]
MODES: tuple[Mode, ...] = ("drop", "random", "torn")
SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
Entry: TypeAlias = tuple[Any, ...]
"""("write", file, offset, bytes), ("truncate", file, size), ("sync", file), ("delete", file), or ("ack", what)."""


class Recorder(apsw.VFS):
    """The file layer: everything goes to the disk as usual, and into `log` in the order in which it went."""

    def __init__(self, name: str) -> None:
        self.log: list[Entry] = []
        super().__init__(name, "")
        self.name = name

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802  SQLite's name
        return _File(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(name, syncdir)
        self.log.append(("delete", Path(name).name))


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        self._log = recorder.log

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._log.append(("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._log.append(("truncate", self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._log.append(("sync", self._name))


class _Connection:
    """What the store uses of `sqlite3.Connection`, over apsw's."""

    def __init__(self, path: Path, vfs: str, synchronous: str) -> None:
        self._inner = apsw.Connection(str(path), vfs=vfs)
        self._inner.set_busy_timeout(30_000)
        self._inner.execute(f"PRAGMA synchronous = {synchronous}")

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> _Cursor:
        return _Cursor(self._inner, self._inner.execute(sql, values))

    def executescript(self, sql: str) -> None:
        self._inner.execute(sql)

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    @property
    def total_changes(self) -> int:
        return self._inner.total_changes()

    def close(self) -> None:
        self._inner.close()


class _Cursor:
    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor) -> None:
        self.lastrowid = connection.last_insert_rowid()
        self.rowcount = connection.changes()
        self._cursor = cursor

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)


@contextmanager
def recorded(patch: pytest.MonkeyPatch, name: str, synchronous: str = "FULL") -> Iterator[Recorder]:
    """Have stores that are opened inside write through a recorder; `synchronous` is the sabotage."""
    recorder = Recorder(name)

    def connect(path: Path, *, read_only: bool = False) -> Any:
        return _Connection(path, name, synchronous)

    with patch.context() as inside:
        inside.setattr(database, "connect", connect)
        inside.setattr(store, "connect", connect)
        yield recorder
    recorder.unregister()


def image(log: Sequence[Entry], cut: int, mode: Mode, chance: random.Random, folder: Path) -> None:
    """Write the files that a disk may hold when the power fails behind the first `cut` entries of a log."""
    folder.mkdir(parents=True)
    for name, ops in _by_file(log[:cut]).items():
        last = max((at for at, op in enumerate(ops) if op[0] == "sync"), default=-1)
        data = bytearray()
        for op in ops[: last + 1]:
            _apply(data, op)
        later = ops[last + 1 :]
        if last < 0 and mode == "drop":
            continue  # not even its name was synced
        for op in chance.sample(later, len(later)) if mode != "drop" else ():
            _maybe_apply(data, op, mode, chance)
        (folder / name).write_bytes(data)


def _by_file(log: Sequence[Entry]) -> dict[str, list[Entry]]:
    files: dict[str, list[Entry]] = {}
    for entry in log:
        if entry[0] == "ack" or not entry[1].startswith("jobs.db"):  # what has no name is temporary
            continue
        if entry[0] == "delete":
            files.pop(entry[1], None)
        else:
            files.setdefault(entry[1], []).append(entry)
    return files


def _apply(data: bytearray, op: Entry) -> None:
    if op[0] == "write":
        _, _, offset, piece = op
        data.extend(bytes(max(0, offset + len(piece) - len(data))))
        data[offset : offset + len(piece)] = piece
    elif op[0] == "truncate":
        del data[op[2] :]


def _maybe_apply(data: bytearray, op: Entry, mode: Mode, chance: random.Random) -> None:
    """Apply a write that was never synced: or not; or, torn, some of its sectors."""
    if mode == "random" or op[0] != "write":
        if chance.random() < 0.5:
            _apply(data, op)
        return
    _, name, offset, piece = op
    for begin in range(0, len(piece), SECTOR):
        if chance.random() < 0.5:
            _apply(data, ("write", name, offset + begin, piece[begin : begin + SECTOR]))
