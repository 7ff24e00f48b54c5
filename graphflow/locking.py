"""Locks files for this process: the system lets go when the file is closed, or when the process dies, however it dies."""

from __future__ import annotations

import sys
from typing import Protocol


class Opened(Protocol):
    """An open file."""

    def fileno(self) -> int:
        """Return the number by which the system knows it."""


if sys.platform == "win32":
    import msvcrt
    import os

    _FAR = 1 << 62
    """Locked bytes cannot be read there, so one is locked where nothing ever lies."""

    def lock(file: Opened) -> bool:
        """Take a file, and say whether nobody else has it."""
        handle = file.fileno()
        here = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, here, os.SEEK_SET)
        return True

else:
    import fcntl

    def lock(file: Opened) -> bool:
        """Take a file, and say whether nobody else has it; raise OSError where the file system knows no locks."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
