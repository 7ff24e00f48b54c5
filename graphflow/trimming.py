"""Holds folders within a budget of bytes: what was used longest ago leaves first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
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


def trim(listing: Callable[[], Iterable[Kept]], budget: int, spared: int | None = None) -> int:
    """Delete the oldest of these files when they are more than the budget; return how many bytes are left.

    What was used at `spared`, in nanoseconds since 1970, or later, stays. Of many files only those that leave are held
    in memory; for that they are listed twice where some have to leave.
    """
    total = sum(each.size for each in listing())
    if total <= budget:
        return total
    stuck: set[Path] = set()  # what could not be deleted keeps no other from leaving
    while chosen := _oldest(_without(stuck, listing()), total - int(budget * TRIM_TO), spared):
        for each in chosen:
            try:
                each.path.unlink()
                total -= each.size
            except OSError:
                stuck.add(each.path)
    return total


def _without(paths: set[Path], files: Iterable[Kept]) -> Iterator[Kept]:
    return (each for each in files if each.path not in paths)


def _oldest(files: Iterable[Kept], size: int, spared: int | None) -> list[Kept]:
    """Return the files used longest ago that together have so many bytes, or all that are not spared."""
    chosen: list[tuple[int, Kept]] = []  # a heap, the newest first
    held = 0
    for each in files if size > 0 else ():
        if spared is not None and each.used >= spared:
            continue
        if held < size or each.used < -chosen[0][0]:
            heappush(chosen, (-each.used, each))
            held += each.size
        while chosen and held - chosen[0][1].size >= size:
            held -= heappop(chosen)[1].size
    return [each for _, each in chosen]
