"""Promise 5, and that its scenarios notice who breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.reliability import deaths
from tests.reliability.deaths import NOTICED, SHORT, killer, named_kills, random_kills


def test_jobs_of_workers_that_are_killed_at_random_end_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deaths, "NOTICED", 4 * NOTICED)  # the machine is others' as well

    assert random_kills(tmp_path, SHORT).faults == []


def test_jobs_of_workers_that_are_killed_at_each_point_end_once(tmp_path: Path) -> None:
    assert named_kills(tmp_path, SHORT).faults == []


def test_a_store_without_fences_would_be_found_out(tmp_path: Path) -> None:
    just_done = replace(SHORT, points=("finished",), slots=2)
    faults = named_kills(tmp_path, just_done, "no-fence", "hasty-burial", "slow-landing=3").faults

    assert any("ended more than once" in each for each in faults)


def test_one_job_that_kills_every_worker_fails_alone_and_fifteen_good_ones_are_done(tmp_path: Path) -> None:
    assert killer(tmp_path, 15).faults == []


def test_a_job_that_is_never_blamed_for_a_death_would_be_found_out(tmp_path: Path) -> None:
    assert killer(tmp_path, 1, "never-blamed", patience=6).faults != []


def test_a_worker_that_forgets_what_it_named_would_be_found_out(tmp_path: Path) -> None:
    faults = named_kills(tmp_path, replace(SHORT, points=("named",)), "no-names").faults

    assert any("several names in the output folder" in each for each in faults)


def test_a_server_that_is_slow_to_notice_a_death_would_be_found_out(tmp_path: Path) -> None:
    faults = random_kills(tmp_path, replace(SHORT, kills=1), "slow-burial=3").faults

    assert any("a death was noticed after" in each for each in faults)
