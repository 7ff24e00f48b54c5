"""The model that ships, in the middle of whose work things happen, and that the scenario notices a lost journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.real_model import SHORT, kills


def test_a_kill_or_a_cancel_in_the_middle_of_sampling_changes_no_picture_and_repeats_little(tmp_path: Path) -> None:
    assert kills(tmp_path, SHORT).faults == []


def test_a_worker_without_journals_would_be_found_out(tmp_path: Path) -> None:
    faults = kills(tmp_path, replace(SHORT, compared=False), "no-journals").faults

    assert any("after a kill at forward" in each for each in faults)
