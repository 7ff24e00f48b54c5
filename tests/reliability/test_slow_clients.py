"""Promise 17, and that its scenario notices who breaks it."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.slow_clients import SHORT, beside_bad_ones


def test_clients_that_never_read_or_vanish_slow_nobody_and_cost_little(tmp_path: Path) -> None:
    assert beside_bad_ones(tmp_path, SHORT).faults == []


def test_a_server_that_keeps_everything_for_everybody_would_be_found_out(tmp_path: Path) -> None:
    faults = beside_bad_ones(tmp_path, SHORT, "hoarding").faults

    assert any("wait for bad clients" in each for each in faults)


def test_a_server_that_serves_in_turn_would_be_found_out(tmp_path: Path) -> None:
    assert beside_bad_ones(tmp_path, SHORT, "in-turn").faults != []
