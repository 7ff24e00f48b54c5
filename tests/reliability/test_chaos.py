"""Promise 4, and that its scenario notices who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.chaos import SHORT, kills


def test_every_job_ends_whoever_is_killed(tmp_path: Path) -> None:
    assert kills(tmp_path, SHORT).faults == []


def test_a_server_that_does_not_look_back_would_be_found_out(tmp_path: Path) -> None:
    faults = kills(tmp_path, replace(SHORT, jobs=20, servers=2, workers=0, quiet=5), "no-recovery").faults

    assert any("stuck" in each for each in faults)
