"""Many short jobs at once through a worker process: each ends, and nothing of them stays behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

from graphflow.home import Home
from graphflow.jobs.worker import JobDone, Report
from tests.jobs.worker.rig import process, reports_of, run_in_time, started, task


def test_hundreds_at_once_each_have_their_own_answer_and_dozens_of_cancels_hit_nobody_else(tmp_path: Path) -> None:
    count = 300

    async def scenario() -> list[Report]:
        async with started(process(Home(tmp_path), slots=4)) as worker:

            async def one(index: int) -> Report:
                nodes = {"n": ("Number", {"value": index})}
                return (await reports_of(worker, task(nodes, f"job{index}", outputs={"x": ("n", "out")})))[-1]

            running = [asyncio.create_task(one(index)) for index in range(count)]
            await asyncio.sleep(0)
            for index in range(0, count, 7):
                worker.cancel(f"job{index}", 2)  # of an attempt that does not run
            return list(await asyncio.gather(*running))

    assert run_in_time(scenario()) == [JobDone(outputs={"x": {"value": index}}) for index in range(count)]
