"""Promise 16, and that its scenario notices who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.reconnects import SHORT, at_random


def test_who_comes_back_has_exactly_what_was_stored(tmp_path: Path) -> None:
    assert at_random(tmp_path, SHORT).faults == []


def test_a_stream_that_begins_late_would_be_found_out(tmp_path: Path) -> None:
    faults = at_random(tmp_path, replace(SHORT, reconnects=25, kills=0), "late-streams").faults

    assert any("heard" in each for each in faults)
