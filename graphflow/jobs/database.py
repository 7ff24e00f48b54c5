"""Opens the database file: refuses what it does not know, keeps a copy before it migrates, sets what makes it durable."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from graphflow.errors import StorageError
from graphflow.jobs.schema import check_header, check_version, damaged, migrate, version_of
from graphflow.syncing import sync_folder

FILE = "jobs.db"
PATIENCE = 30.0
"""Seconds that a reader or a backup waits where it must."""

READER_KIBIBYTES = 256
"""Pages that one reader keeps: each of many would keep 2 MiB by itself, beside what the system keeps of the file."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Return a connection in autocommit, to be used by one thread at a time; FULL: a commit survives a power cut."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{READER_KIBIBYTES}")
    return connection


def open_database(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """Open or create the database and bring it up to date; raise StorageError when it should not be touched."""
    check_header(path, len(migrations))
    connection = None
    try:
        connection = connect(path)
        check_version(path, version_of(connection), _application(connection), len(migrations))
        _prepare(connection, path, migrations)
    except sqlite3.DatabaseError as error:
        if connection is not None:
            connection.close()
        raise _opening_failed(path, error) from error
    except StorageError:
        if connection is not None:
            connection.close()
        raise
    return connection


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy an open database, as it stands at one moment, to a new file: whole on disk, or not there at all.

    Raise FileExistsError when there is a file, and sqlite3.Error or OSError when it cannot be written.
    """
    if target.exists():
        raise FileExistsError(f"there is a file {target}")
    temporary = target.with_name(f".{target.name}-{os.getpid()}.part")
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as into:
            source.backup(into)
            into.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.rename(target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _prepare(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    version = version_of(connection)
    if 0 < version < len(migrations):
        _keep_old(connection, path.with_name(f"{path.stem}-version-{version}{path.suffix}"))
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, migrations)
    sync_folder(path.parent)


def _keep_old(connection: sqlite3.Connection, target: Path) -> None:
    """Copy what is about to be migrated. An earlier copy of the same version stays: a migration had failed behind it."""
    if not target.exists():
        copy(connection, target)


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _opening_failed(path: Path, error: sqlite3.DatabaseError) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    return StorageError(f"cannot open the job store {path}: {error}", hint="check the folder's permissions and space")
