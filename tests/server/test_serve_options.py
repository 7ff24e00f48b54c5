"""What `graphflow serve` is told about time and room, on the command line or by the environment, is what holds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from graphflow.cli.arguments import parse
from graphflow.cli.main import main
from graphflow.cli.open_engine import cache_budgets
from graphflow.cli.serve import options_of
from graphflow.server.serve import Options
from tests.jobs.worker.rig import PACK
from tests.server.launching import Launched, launched
from tests.server.test_serve_jobs import submit, wait_for

VARIABLES = {
    "GRAPHFLOW_KEEP_DAYS": "7",
    "GRAPHFLOW_KEEP_JOBS": "50",
    "GRAPHFLOW_KEEP_BYTES": "2G",
    "GRAPHFLOW_KEEP_TEMP": "3M",
    "GRAPHFLOW_KEEP_THUMBNAILS": "4K",
    "GRAPHFLOW_CACHE_MEMORY": "5K",
    "GRAPHFLOW_CACHE_DISK": "6T",
    "GRAPHFLOW_TIME_LIMIT": "90.5",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def told(options: Options) -> tuple[object, ...]:
    kept = options.room.retention
    return kept.seconds, kept.most, kept.bytes, options.room.temp, options.room.thumbnails, options.rules.longest


def test_without_a_word_the_usual_holds() -> None:
    parsed = parse(["serve"])

    assert told(options_of(parsed)) == (30 * 86_400, 10_000, None, 2**30, 2**30, None)
    assert (cache_budgets(parsed).memory, cache_budgets(parsed).disk) == (2**30, 10 * 2**30)


def test_the_environment_says_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    parsed = parse(["serve"])

    assert told(options_of(parsed)) == (7 * 86_400, 50, 2 * 2**30, 3 * 2**20, 4096, 90.5)
    assert (cache_budgets(parsed).memory, cache_budgets(parsed).disk) == (5 * 1024, 6 * 2**40)


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_KEEP_DAYS", "7")
    monkeypatch.setenv("GRAPHFLOW_CACHE_DISK", "1G")

    parsed = parse(["serve", "--keep-days", "8", "--cache-disk", "0"])

    assert (options_of(parsed).room.retention.seconds, cache_budgets(parsed).disk) == (8 * 86_400, 0)


def test_a_run_keeps_as_much_as_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_CACHE_DISK", "1G")

    assert cache_budgets(parse(["run", "x"])).disk == 2**30


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("keep-bytes", "4k"),
        ("keep-days", "0"),
        ("time-limit", "nan"),
        ("time-limit", "0"),
        ("cache-memory", "-1"),
        ("keep-temp", "1.5G"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    assert main(["serve", f"--{option}={value}"]) == 2
    assert f"--{option}" in capsys.readouterr().err


def test_a_server_that_is_told_to_keep_less_lets_go_of_the_rest_and_of_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with launched(home, "--pack", str(PACK)) as server:
        ended = [submit(server, "SaveText", text=each) for each in ("one", "two", "three")]
        for job in ended:
            wait_for(server, job, "done")
        assert server.ask("/api/v1/queue/pause", method="POST")[0] == 200
        waiting = submit(server, "Walk", count=1)
        assert server.stop() == 0
    old, young = home / "temp" / "old.png", home / "temp" / "young.png"
    for path, age in ((old, 86_400), (young, 60)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"preview")
        os.utime(path, (time.time() - age,) * 2)

    with launched(home, "--pack", str(PACK), "--keep-jobs", "1", GRAPHFLOW_KEEP_TEMP="0") as server:
        deadline = time.monotonic() + 60
        while (left := {each["id"] for each in server.ask("/api/v1/jobs")[1]["jobs"]}) != {ended[2], waiting}:
            assert time.monotonic() < deadline, left
            time.sleep(0.05)
        while old.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    assert young.exists()
    assert sorted(each.read_text() for each in (home / "output").iterdir()) == ["one", "three", "two"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    home = tmp_path_factory.mktemp("small") / "home"
    variables = {"GRAPHFLOW_CACHE_MEMORY": "2M", "GRAPHFLOW_KEEP_TEMP": "0"}
    options = ("--pack", str(PACK), "--time-limit", "1", "--cache-disk", "3M")
    with launched(home, *options, **variables) as server:
        yield server


def test_no_job_runs_longer_than_the_server_says_and_its_own_limit_may_be_shorter(small: Launched) -> None:
    long = submit(small, "Walk", count=10_000, seconds=0.01)
    graph = {"format": "graphflow/1", "nodes": {"it": {"type": "Walk", "inputs": {"count": 10_000, "seconds": 0.01}}}}
    own = [
        small.ask("/api/v1/jobs", method="POST", body={"workflow": graph, "time_limit": limit})[1]["id"]
        for limit in (0.2, 3600)
    ]
    problems = [wait_for(small, each, "failed")["problem"] for each in (long, *own)]

    assert [each["code"] for each in problems] == ["time_limit"] * 3
    assert ["longer than 1 sec" in each["message"] for each in problems] == [True, False, True]
    assert ["--time-limit" in each["hint"] for each in problems] == [True, False, True]


def test_a_short_job_ends_within_the_limit(small: Launched) -> None:
    assert wait_for(small, submit(small, "Walk", count=1), "done")["problem"] is None


def test_the_cache_has_the_sizes_that_it_was_told(small: Launched) -> None:
    floors = small.ask("/api/v1/cache")[1]
    (worker,) = small.children()

    assert (floors["memory"]["budget"], floors["disk"]["budget"]) == (2 * 2**20, 3 * 2**20)
    line = psutil.Process(worker.pid).cmdline()
    assert line[line.index("--cache-memory") + 1] == str(2 * 2**20)
    assert line[line.index("--cache-disk") + 1] == str(3 * 2**20)
