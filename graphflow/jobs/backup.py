"""Copies of the job store: taken while a server runs, and put back while none does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from graphflow.errors import StorageError
from graphflow.home import make_folder
from graphflow.jobs.database import FILE, connect, copy
from graphflow.jobs.lock import LOCK, HomeLock
from graphflow.jobs.schema import MIGRATIONS, check_header


def back_up(folder: Path, target: Path) -> None:
    """Copy the job store of a folder, as it stands now, into a new file; a server may be running.

    Raise StorageError when there is no store, when it is damaged, or when the file exists or cannot be written.
    """
    path = folder / FILE
    if not path.exists():
        raise StorageError(f"there is no job store {path}", hint="name the home with --home")
    check_header(path, len(MIGRATIONS))
    make_folder(target.parent)
    try:
        with closing(connect(path, read_only=True)) as source:
            _check(source, path)
            copy(source, target)
    except FileExistsError as error:
        raise StorageError(f"there is a file {target} already", hint="choose another name") from error
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"cannot copy {path} to {target}: {error}") from error


def restore(folder: Path, source: Path) -> Path | None:
    """Put a copy in the place of the job store, and return where the old one lies now; None when there was none.

    Raise StorageError when a server has the home, or when the copy is damaged or of a newer program; then nothing has
    changed.
    """
    if not source.is_file():
        raise StorageError(f"there is no file {source}", hint="name a file that `graphflow jobs backup` wrote")
    check_header(source, len(MIGRATIONS))
    make_folder(folder)
    path = folder / FILE
    incoming = folder / f"{FILE}.incoming"
    lock = HomeLock(folder / LOCK)
    try:
        incoming.unlink(missing_ok=True)  # of a restore that was killed
        with closing(connect(source, read_only=True)) as connection:
            _check(connection, source)
            copy(connection, incoming)
        aside = _put_aside(path)
        incoming.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"cannot put {source} in the place of {path}: {error}") from error
    finally:
        incoming.unlink(missing_ok=True)
        lock.close()
    return aside


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageError(f"{path} is damaged: {found}", hint="use an older backup")


def _put_aside(path: Path) -> Path | None:
    """Rename the store, with the log that belongs to it, to names that are free."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-old-{number}{path.suffix}")).exists():
        number += 1
    found = path.exists()
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside if found else None
