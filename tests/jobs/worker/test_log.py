"""A worker's log does not grow without end, and its last lines are there when they are wanted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.worker import log as module
from graphflow.jobs.worker.log import WorkerLog


def write(number: int, text: str) -> None:
    os.write(number, text.encode())


def test_the_last_lines_are_those_since_it_was_opened_last(tmp_path: Path) -> None:
    log = WorkerLog(tmp_path / "logs" / "w.log")
    for life in ("first", "second"):
        number = log.open()
        for line in range(20):
            write(number, f"{life} {line}\n")
        os.close(number)
        assert log.last_lines().splitlines() == [f"{life} {line}" for line in range(12, 20)]
    number = log.open()
    os.close(number)

    assert log.last_lines() == ""
    assert "first 0" in log.path.read_text()


def test_too_long_a_log_is_moved_aside_while_its_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    log = WorkerLog(tmp_path / "w.log")
    number = log.open()
    for line in range(500):
        write(number, f"line {line}\n")
        log.limit()
    os.close(number)

    files = list(tmp_path.iterdir())
    assert sorted(each.name for each in files) == ["w.log", "w.log.1"]
    assert all(each.stat().st_size <= 1010 for each in files)
    assert log.last_lines().endswith("line 499")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")

    with pytest.raises(StorageError, match="cannot create the folder"):
        WorkerLog(tmp_path / "logs" / "w.log").open()
