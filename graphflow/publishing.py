"""Gives finished files their names: only free ones, and whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)
_FICLONE = 0x40049409
"""Linux's request to let a file share the blocks of another until one of them is written to (linux/fs.h)."""


def publish(temporary: Path, path: Path) -> bool:
    """Give a file another name if that is free; return False when it is taken. Raise OSError.

    Where the file system knows no hard links, it has lost its first name then.
    """
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _reserve(temporary, path)
    return True


def clone(source: Path, path: Path) -> bool:
    """Make a new file with the bytes of another, which costs no room until one of them is changed.

    Return False where the file system cannot, as most cannot; then there is no new file.
    """
    if sys.platform != "linux":
        return False
    import fcntl  # Windows has none

    try:
        with source.open("rb") as old, path.open("xb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
            os.fsync(new.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink()
        return False
    return True


def _reserve(temporary: Path, path: Path) -> bool:
    """Do the same on a file system without hard links: an empty file holds the name until the rename."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    try:
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    return True
