"""A folder whose power can be cut: it remembers which bytes and which names were synced, and what came later.

Names in a folder are safe once the folder was synced, and bytes of a file once the file was. `images` makes what a
disk may hold after a cut behind each step: of what was not synced nothing, all, or some; bytes that were not synced
are lost even where their name is there, as on a journalling file system.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Listing = dict[str, tuple[bool, int]]
"""What a folder holds by name: whether it is a folder, and its number on the disk."""


@dataclass(slots=True)
class Step:
    """The state of the disk behind one step: what is synced, what is only meant, and what was promised by then."""

    contents: dict[int, bytes]
    synced: dict[int, Listing]
    meant: dict[int, Listing]
    promised: Any


@dataclass(slots=True)
class Disk:
    """The record of a folder; `promise` is set by the test to what it was told to be safe."""

    root: Path
    steps: list[Step] = field(default_factory=list)
    promise: Any = None
    _contents: dict[int, bytes] = field(default_factory=dict)
    _synced: dict[int, Listing] = field(default_factory=dict)

    def begin(self) -> None:
        """Take what is there now as synced."""
        for path in [self.root, *self.root.rglob("*")]:
            if path.is_dir():
                self._synced[path.stat().st_ino] = _listing(path)
            else:
                self._contents[path.stat().st_ino] = path.read_bytes()

    def note(self) -> None:
        """Add a step: the disk as it is meant to be now."""
        folders = [self.root, *(path for path in self.root.rglob("*") if path.is_dir())]
        meant = {path.stat().st_ino: _listing(path) for path in folders}
        self.steps.append(Step(dict(self._contents), dict(self._synced), meant, self.promise))

    def sync(self, path: Path) -> None:
        """Take note that a file or a folder was synced."""
        if path.is_dir():
            self._synced[path.stat().st_ino] = _listing(path)
        else:
            self._contents[path.stat().st_ino] = path.read_bytes()
        self.note()


def _listing(path: Path) -> Listing:
    return {entry.name: (entry.is_dir(), entry.inode()) for entry in os.scandir(path)}


@contextmanager
def recorded(root: Path, patch: pytest.MonkeyPatch, *, lazy: bool = False) -> Iterator[Disk]:
    """Record what happens below a folder; when `lazy`, nothing is believed to be synced, which is the sabotage."""
    disk = Disk(root)
    disk.begin()
    real_sync = os.fsync

    def fsync(handle: int) -> None:
        real_sync(handle)
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_relative_to(root) and not lazy:
            disk.sync(path)

    def noted(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            result = act(*arguments, **named)
            disk.note()
            return result

        return step

    with patch.context() as inside:
        inside.setattr(os, "fsync", fsync)
        for name in ("rename", "replace", "link", "unlink", "remove", "mkdir", "rmdir"):
            inside.setattr(os, name, noted(getattr(os, name)))
        disk.note()
        yield disk
        disk.note()


def images(disk: Disk, target: Path, chance: random.Random, each: int) -> Iterator[tuple[Path, Any]]:
    """Yield folders that the disk may hold after a cut, `each` for every step, with what was promised by then."""
    for step in disk.steps:
        for kind in range(each):
            keep = (0.0, 1.0)[kind] if kind < 2 else 0.5
            _build(disk.root.stat().st_ino, step, target, keep, chance)
            yield target, step.promised
            shutil.rmtree(target)


def _build(inode: int, step: Step, target: Path, keep: float, chance: random.Random) -> None:
    target.mkdir()
    safe, meant = step.synced.get(inode, {}), step.meant.get(inode)
    names = dict(safe)
    if meant is not None:
        for name in {*safe, *meant}:
            if safe.get(name) != meant.get(name) and chance.random() < keep:
                names.pop(name, None)
                names |= {name: meant[name]} if name in meant else {}
    for name, (is_folder, number) in names.items():
        if is_folder:
            _build(number, step, target / name, keep, chance)
        else:
            (target / name).write_bytes(step.contents.get(number, b""))
