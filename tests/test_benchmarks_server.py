"""The load that measures the server asks what it says it asks, and rates count the other way round."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disk import slower
from benchmarks.load import Line, burst, one_by_one, pause, submit_all
from benchmarks.measuring import Figure, Report, times
from benchmarks.page import write
from benchmarks.serving import PACK, Serving, serving
from benchmarks.trivial import events_of, sum_of
from graphflow.engine import Engine
from graphflow.events import Event


def test_a_rate_below_its_goal_is_missed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Figures\n")

    write("rate", Report("Rate", "", [Figure("slow", "jobs/s", 250, 300, goal=500, floor=125)]), page)

    row = "| slow | ≥ 500 jobs/s | 250 jobs/s | 300 jobs/s |  | 2.00 of the goal **missed**, 2 × the floor |"
    assert row in page.read_text().splitlines()
    assert not Figure("fast", "jobs/s", 501, goal=500).missed


def test_trivial_jobs_do_what_they_say(tmp_path: Path) -> None:
    seen: list[Event] = []
    with Engine(tmp_path, packs=[PACK]) as engine:
        assert engine.run(sum_of(41))["value"] == 42
        engine.run(events_of(20), emit=seen.append)

    assert len(seen) == 20


def test_the_load_is_answered_by_a_real_server(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        assert asyncio.run(burst(server, [sum_of(number) for number in range(7)], 3)) > 0
        assert len(asyncio.run(one_by_one(server, [sum_of(number) for number in range(3)]))) == 3
        asyncio.run(pause(server))
        asyncio.run(submit_all(server, [sum_of(0)] * 5, 2))
        with pytest.raises(RuntimeError, match="422"):
            asyncio.run(submit_all(server, [{"format": "graphflow/1", "nodes": {"a": {"type": "None"}}}], 1))

        queue = asyncio.run(_ask(server, "/api/v1/queue"))

    assert (queue["paused"], queue["counts"]["queued"], queue["counts"]["done"]) == (True, 5, 10)


def test_a_disk_can_be_made_slower(tmp_path: Path) -> None:
    environment = slower(tmp_path, 0.05)
    if environment is None:
        pytest.skip("there is no C compiler")
    code = "import os, sys, time; f = open(sys.argv[1], 'wb'); s = time.time(); os.fsync(f.fileno()); print(time.time() - s)"

    def flushed(**more: str) -> float:
        command = [sys.executable, "-c", code, str(tmp_path / "file")]
        return float(subprocess.run(command, env={**os.environ, **more}, capture_output=True, check=True).stdout)

    assert flushed(**environment) >= 0.05
    assert times(lambda: None, 2).wall[0] < 0.05


async def _ask(server: Serving, path: str) -> Any:
    line = await Line.open(server)
    try:
        return await line.ask("GET", path, {}, 200)
    finally:
        await line.close()
