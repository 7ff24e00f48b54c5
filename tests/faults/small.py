"""Small disks of a test's own: memory that is mounted where a folder of the home would be."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KIB = 1024
BALLAST = "ballast"


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Path]:
    """Mount so many KiB of memory at a folder; skip the test where one may not."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "graphflow-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here; full disks are injected in tests/jobs and tests/server")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill(folder: Path, *, leave: int = 0) -> None:
    """Fill a disk up, to the last byte or to `leave` KiB before it."""
    with (folder / BALLAST).open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4 * KIB))
        except OSError:
            file.truncate(max(0, file.tell() - leave * KIB))


def empty(folder: Path) -> None:
    """Give the space back."""
    (folder / BALLAST).unlink()
