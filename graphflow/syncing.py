"""Makes names on a disk survive a power cut: a file's bytes are safe when it was synced, its name when its folder was."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_folders(folder: Path) -> None:
    """Create a folder, with its parents where they are missing, so that they survive a power cut; raise OSError."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    with suppress(PermissionError):  # a folder may be there to be passed through, and not to be read
        sync_folder(folder.parent)
