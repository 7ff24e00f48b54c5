"""Promise 6, and that its scenario notices who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.zombies import SHORT, late_writes, past_the_lease


def test_who_wakes_up_late_changes_nothing(tmp_path: Path) -> None:
    assert late_writes(tmp_path, SHORT).faults == []


def test_who_slept_past_the_lease_is_ended(tmp_path: Path) -> None:
    assert past_the_lease(tmp_path, SHORT).faults == []


def test_a_store_without_fences_would_be_found_out(tmp_path: Path) -> None:
    faults = late_writes(tmp_path, replace(SHORT, rounds=2), "no-fence").faults

    assert any("late events were accepted" in each for each in faults)


def test_a_lease_that_never_ends_would_be_found_out(tmp_path: Path) -> None:
    faults = past_the_lease(tmp_path, SHORT, "lease=3600", patience=4).faults

    assert any("nobody took over" in each for each in faults)
