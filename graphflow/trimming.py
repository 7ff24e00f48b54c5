"""Holds folders within a budget of bytes: what was used longest ago leaves first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TRIM_TO = 0.9
"""A tenth of the budget is freed at once, so that folders are not listed for every file."""


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A file in a folder, and when it was written or marked as used, in nanoseconds since 1970."""

    used: int
    size: int
    path: Path


def files_in(folder: Path) -> Iterator[Kept]:
    """Yield the files below a folder, without following links; what vanishes meanwhile, or cannot be read, is left out."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # another process may have just removed it
                if entry.is_dir(follow_symlinks=False):
                    yield from files_in(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    yield Kept(facts.st_mtime_ns, facts.st_size, Path(entry.path))


def trim(files: Iterable[Kept], budget: int, spared: int | None = None) -> int:
    """Delete the oldest of these files when they are more than the budget; return how many bytes are left.

    What was used at `spared`, in nanoseconds since 1970, or later, stays.
    """
    listed = sorted(files)
    total = sum(each.size for each in listed)
    if total <= budget:
        return total
    for each in listed:
        if total <= budget * TRIM_TO or (spared is not None and each.used >= spared):
            break
        with suppress(OSError):
            each.path.unlink()
            total -= each.size
    return total
