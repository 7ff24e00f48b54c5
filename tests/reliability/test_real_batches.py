"""Two jobs that share the forwards of the model that ships, and that the scenario notices rows which stay."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.real_model import batches


def test_a_cancelled_jobs_rows_leave_at_the_next_forward(tmp_path: Path) -> None:
    assert batches(tmp_path).faults == []


def test_rows_that_stay_would_be_found_out(tmp_path: Path) -> None:
    faults = batches(tmp_path, "deaf-worker", "obey=5").faults

    signs = ("rows of a cancelled job", "the other job was disturbed")  # a busy machine lets few forwards be shared
    assert any(sign in each for each in faults for sign in signs), faults
