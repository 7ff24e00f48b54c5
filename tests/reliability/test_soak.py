"""Promise 18, for a moment: the slope of memory is left to the long run."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.soak import SHORT, Watch, soak


def test_mixed_work_with_kills_and_reconnects_leaves_files_and_logs_as_they_were(tmp_path: Path) -> None:
    assert soak(tmp_path, SHORT).faults == []


def test_memory_that_grows_is_found_out() -> None:
    watch = Watch([(second, (100 << 20) + second * 1000, 30) for second in range(600)])

    assert round(watch.slope()) == 3_600_000


def test_files_that_stay_open_are_found_out(tmp_path: Path) -> None:
    faults = soak(tmp_path, SHORT, "leaky-streams").faults

    assert any("files were open at first" in each for each in faults)
