"""Promise 15, and that its scenarios notice who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.reliability import shutdowns
from tests.reliability.shutdowns import HURRY, SHORT, during_a_cache_write, refusals_and_hurries, stops


def test_a_server_that_is_asked_to_stop_ends_in_order(tmp_path: Path) -> None:
    assert stops(tmp_path, SHORT).faults == []


def test_a_server_that_ends_its_workers_rudely_would_be_found_out(tmp_path: Path) -> None:
    assert stops(tmp_path, replace(SHORT, stops=1), "rude-stop").faults != []


def test_a_server_that_stops_takes_nothing_more_and_hurries_when_told_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutdowns, "HURRY", 3 * HURRY)  # the machine is others' as well

    assert refusals_and_hurries(tmp_path, SHORT).faults == []


def test_a_stop_and_a_kill_during_a_write_to_the_cache_leave_no_wrong_result(tmp_path: Path) -> None:
    assert during_a_cache_write(tmp_path).faults == []


def test_a_server_that_hears_one_signal_only_would_be_found_out(tmp_path: Path) -> None:
    faults = refusals_and_hurries(tmp_path, SHORT, "one-signal=2").faults

    assert any("after a second signal the exit code is" in each for each in faults)


def test_a_cache_that_shows_what_is_half_written_would_be_found_out(tmp_path: Path) -> None:
    faults = during_a_cache_write(tmp_path, "careless-cache").faults

    assert any("after the worker was killed the result has" in each for each in faults)
