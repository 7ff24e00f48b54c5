"""Writes files whole or not at all, and lets one at a time change a folder."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graphflow.errors import StorageBusy, StorageError
from graphflow.locking import Opened, lock
from graphflow.syncing import make_folders, sync_folder

PATIENCE = 20.0
"""Seconds for which a change waits for others: each takes milliseconds, unless its program was halted."""
_PAUSE = 0.002
STALE_SECONDS = 3600
"""A temporary file this old belongs to a process that was killed."""


def write_whole(path: Path, data: bytes, incoming: Path) -> None:
    """Put data in the place of a file: after a crash or a power cut the old or the new is there, never a part.

    `incoming` is a folder on the same disk. Raise StorageError.
    """
    temporary = incoming / f"{os.getpid()}-{secrets.token_hex(8)}"
    try:
        make_folders(incoming)
        make_folders(path.parent)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error


def move(source: Path, target: Path) -> None:
    """Give a file or folder another name, durably; raise StorageError.

    After a power cut a file has the old name, the new one or both: not every disk takes a name away and gives another
    in one step.
    """
    try:
        make_folders(target.parent)
        if source.is_dir() or not _linked(source, target):
            source.rename(target)
            sync_folder(target.parent)
        sync_folder(source.parent)
    except OSError as error:
        raise storage_error(target, error) from error


def _linked(source: Path, target: Path) -> bool:
    """Give a file its new name before the old one goes; return whether the disk lets a file have two."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        if not target.samefile(source):  # else a power cut came between the two
            return False
    except OSError:
        return False
    sync_folder(target.parent)
    source.unlink()
    return True


def remove_stale(incoming: Path) -> None:
    """Remove what killed writers left."""
    for part in incoming.glob("*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink()


def storage_error(path: Path, error: OSError) -> StorageError:
    """Say what a disk refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(f"the disk is full: {path.name} was not saved", hint="free some space, then save again")
    message = f"{path.name} cannot be saved: {error.strerror or error}"
    return StorageError(message, hint="check the permissions of the folder of workflows")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file, against other threads and other processes; raise StorageBusy where others keep it for long."""
    try:
        make_folders(path.parent)
        file = path.open("a+b")
    except OSError as error:
        raise storage_error(path, error) from error
    with file:
        _take(path, file)
        yield  # closing the file lets go


def _take(path: Path, file: Opened) -> None:
    until = time.monotonic() + PATIENCE
    while not _has(path, file):
        if time.monotonic() > until:
            raise StorageBusy(
                f"something else has been changing the folder of workflows for more than {PATIENCE:g} s",
                hint="end or continue the program that stopped in the middle of it, then save again",
            )
        time.sleep(_PAUSE)


def _has(path: Path, file: Opened) -> bool:
    try:
        return lock(file)
    except OSError as error:
        raise storage_error(path, error) from error
