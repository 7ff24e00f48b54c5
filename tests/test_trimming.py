"""Folders within a budget: the oldest leave, what is spared stays, and nothing outside is touched."""

from __future__ import annotations

import os
from pathlib import Path

from graphflow.trimming import files_in, trim


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

    total = trim(files_in(tmp_path), 600)

    assert total == 500  # 600 would fit, 540 is aimed at
    assert left(tmp_path) == {"sub1/5", "sub0/6", "sub1/7", "sub0/8", "sub1/9"}


def test_within_the_budget_nothing_leaves(tmp_path: Path) -> None:
    file(tmp_path / "a", 300, used=1)
    file(tmp_path / "b", 300, used=2)

    assert trim(files_in(tmp_path), 600) == 600
    assert left(tmp_path) == {"a", "b"}


def test_what_was_used_since_then_stays_whatever_the_budget_says(tmp_path: Path) -> None:
    file(tmp_path / "old", 100, used=10)
    file(tmp_path / "wanted", 100, used=20)

    assert trim(files_in(tmp_path), 0, spared=20 * 10**9) == 100
    assert left(tmp_path) == {"wanted"}


def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = file(tmp_path / "outside" / "letter", 100, used=1)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "folder").symlink_to(outside.parent)
    (inside / "file").symlink_to(outside)

    trim(files_in(inside), 0)

    assert outside.exists()


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert trim(files_in(tmp_path / "nothing"), 0) == 0
