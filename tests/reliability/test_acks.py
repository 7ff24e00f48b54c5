"""Promises 1 and 7, and that their scenarios notice who breaks them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.reliability.acks import SHORT, keys, kills


def test_no_acknowledged_job_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    assert kills(tmp_path, SHORT).faults == []


def test_acknowledging_before_the_commit_would_be_found_out(tmp_path: Path) -> None:
    faults = kills(tmp_path, replace(SHORT, kills=2, acks=100), "early-ack").faults

    assert any("acknowledged jobs are lost" in each for each in faults)


def test_a_key_makes_one_job_also_across_a_kill(tmp_path: Path) -> None:
    assert keys(tmp_path, SHORT).faults == []


def test_a_server_that_forgets_keys_would_be_found_out(tmp_path: Path) -> None:
    faults = keys(tmp_path, replace(SHORT, rounds=1), "no-keys", times=10).faults

    assert any("jobs" in each for each in faults)
