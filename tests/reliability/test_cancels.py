"""Promise 11, and that its scenarios notice who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.cancels import SHORT, at_random, not_obeyed


def test_cancels_are_obeyed_at_the_next_step(tmp_path: Path) -> None:
    assert at_random(tmp_path, SHORT).faults == []


def test_a_cancel_that_reaches_no_worker_would_be_found_out(tmp_path: Path) -> None:
    faults = at_random(tmp_path, replace(SHORT, cancels=4), "deaf-worker", "obey=0.6").faults

    assert any("steps began after a cancel" in each for each in faults)


def test_a_worker_that_does_not_obey_is_ended_and_the_job_beside_goes_on(tmp_path: Path) -> None:
    assert not_obeyed(tmp_path, SHORT).faults == []


def test_a_worker_without_journals_would_be_found_out(tmp_path: Path) -> None:
    faults = not_obeyed(tmp_path, SHORT, "no-journals").faults

    assert any("steps instead of" in each for each in faults)
