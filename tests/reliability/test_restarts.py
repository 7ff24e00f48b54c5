"""Promise 3, and who may not open a home. The short run asks for twice the time: others use the machine as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import restarts
from tests.reliability.restarts import READY, SHORT, newer_database, restart, two_servers


def test_a_long_queue_and_a_long_log_are_taken_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarts, "READY", 3 * READY)

    assert restart(tmp_path, SHORT).faults == []


def test_a_slow_start_would_be_found_out(tmp_path: Path) -> None:
    faults = restart(tmp_path, restarts.Size(jobs=100, log_bytes=1 << 20, starts=1), "slow-start=2").faults

    assert any("the first 202 came after" in each for each in faults)


def test_two_servers_do_not_share_a_home(tmp_path: Path) -> None:
    assert two_servers(tmp_path).faults == []


def test_a_home_that_anybody_gets_would_be_found_out(tmp_path: Path) -> None:
    assert "the server runs" in two_servers(tmp_path, "no-lock").faults


def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    assert newer_database(tmp_path).faults == []


def test_a_server_that_opens_any_database_would_be_found_out(tmp_path: Path) -> None:
    faults = newer_database(tmp_path, "any-version").faults

    assert {"the server runs", "the folder of the jobs was touched"} <= set(faults)
