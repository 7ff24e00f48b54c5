"""Folders within a budget: the oldest leave, what is spared stays, and nothing outside is touched."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from graphflow.trimming import Kept, files_in, trim


def file(path: Path, size: int, used: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (used, used))
    return path


def left(folder: Path) -> set[str]:
    return {each.path.relative_to(folder).as_posix() for each in files_in(folder)}


def test_the_oldest_leave_until_a_tenth_of_the_budget_is_free(tmp_path: Path) -> None:
    for number in range(10):
        file(tmp_path / f"sub{number % 2}" / f"{number}", 100, used=number)

    total = trim(partial(files_in, tmp_path), 600)

    assert total == 500  # 600 would fit, 540 is aimed at
    assert left(tmp_path) == {"sub1/5", "sub0/6", "sub1/7", "sub0/8", "sub1/9"}


def test_within_the_budget_nothing_leaves(tmp_path: Path) -> None:
    file(tmp_path / "a", 300, used=1)
    file(tmp_path / "b", 300, used=2)

    assert trim(partial(files_in, tmp_path), 600) == 600
    assert left(tmp_path) == {"a", "b"}


def test_what_was_used_since_then_stays_whatever_the_budget_says(tmp_path: Path) -> None:
    file(tmp_path / "old", 100, used=10)
    file(tmp_path / "wanted", 100, used=20)

    assert trim(partial(files_in, tmp_path), 0, spared=20 * 10**9) == 100
    assert left(tmp_path) == {"wanted"}


def test_a_file_that_cannot_be_deleted_keeps_no_other_from_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(tmp_path / "held", 500, used=0)
    for number in range(1, 8):
        file(tmp_path / f"{number}", 100, used=number)
    unlink = Path.unlink

    def unlink_but_held(path: Path, missing_ok: bool = False) -> None:
        if path.name == "held":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_but_held)

    assert trim(partial(files_in, tmp_path), 1000) == 900
    assert left(tmp_path) == {"held", "4", "5", "6", "7"}
    assert trim(partial(files_in, tmp_path), 400) == 500
    assert left(tmp_path) == {"held"}


def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = file(tmp_path / "outside" / "letter", 100, used=1)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "folder").symlink_to(outside.parent)
    (inside / "file").symlink_to(outside)

    trim(partial(files_in, inside), 0)

    assert outside.exists()


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert trim(partial(files_in, tmp_path / "nothing"), 0) == 0


def test_files_of_which_none_has_to_leave_take_no_memory_however_many_they_are() -> None:
    def many() -> Iterator[Kept]:
        return (Kept(number, 1, Path(f"somewhere/a-file-with-a-name-{number}")) for number in range(5_000))

    def peak_of(budget: int) -> int:
        tracemalloc.start()
        trim(many, budget)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    held = sum(1 for _ in many())

    assert peak_of(5_000) < held  # less than a byte for each
    assert peak_of(0) > 100 * held  # the control: all of them are held


def test_of_files_in_any_order_just_those_leave_that_are_oldest(tmp_path: Path) -> None:
    ages = [(number * 37) % 101 for number in range(101)]
    for age in ages:
        file(tmp_path / f"{age}", 1 + age % 7, used=age)
    sizes = {age: 1 + age % 7 for age in ages}
    budget = sum(sizes.values()) // 2

    total = trim(partial(files_in, tmp_path), budget)

    stayed = sorted(int(name) for name in left(tmp_path))
    assert stayed == list(range(stayed[0], 101)), "somebody younger left before somebody older"
    assert total == sum(sizes[age] for age in stayed)
    assert total <= 0.9 * budget < total + sizes[stayed[0] - 1], "more or less left than had to"
