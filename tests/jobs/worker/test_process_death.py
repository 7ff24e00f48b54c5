"""How a worker process dies, and what its server hears of it: that it did, at once, and why."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from graphflow.home import Home
from graphflow.jobs.worker import JobDone, Report
from graphflow.jobs.worker.process import ProcessWorker
from tests.jobs.worker.rig import (
    PACK,
    Nodes,
    begin,
    dies,
    kinds,
    lines,
    process,
    reports_of,
    run_in_time,
    started,
    task,
    until,
)

SHORT_LEASE = 2.0
NOTICED = 2.0
"""Seconds within which a death must be noticed."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def deaf(notes: Path, seconds: float = 50.0) -> Nodes:
    return {"deaf": ("Deaf", {"notes": str(notes), "seconds": seconds})}


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGABRT])
def test_a_killed_process_is_the_death_of_all_its_jobs_and_noticed_at_once(
    home: Home, notes: Path, sent: signal.Signals
) -> None:
    async def scenario() -> tuple[list[str], float]:
        worker = process(home, slots=2)
        await worker.start()
        both = [begin(worker, task(deaf(notes), job)) for job in "ab"]
        await until(lambda: len(lines(notes)) == 2)
        pid = worker.info.pid
        assert pid is not None
        os.kill(pid, sent)
        start = time.monotonic()
        deaths = list(await asyncio.gather(*(dies(each.end()) for each in both)))
        await worker.gone()
        assert worker.info.pid is None
        return deaths, time.monotonic() - start

    deaths, seconds = run_in_time(scenario())
    assert all(f"was killed by {sent.name}" in words for words in deaths)
    assert seconds < NOTICED


def test_the_last_lines_of_its_log_are_in_the_message(home: Home) -> None:
    async def scenario() -> str:
        async with started(process(home)) as worker:
            await dies(reports_of(worker, task({"die": ("Die", {"words": "an earlier death"})})))
            await worker.gone()
            await worker.start()
            return await dies(reports_of(worker, task({"die": ("Die", {"words": "famous\nlast words"})})))

    words = run_in_time(scenario())
    assert "memory runs out" in words
    assert words.endswith("famous\nlast words")
    assert "an earlier death" not in words
    assert "an earlier death" in (home.logs / "worker-toy.log").read_text()


def test_a_crash_in_a_library_says_where(home: Home) -> None:
    async def scenario() -> str:
        async with started(process(home)) as worker:
            return await dies(reports_of(worker, task({"die": ("Die", {"number": int(signal.SIGSEGV)})})))

    words = run_in_time(scenario())
    assert "SIGSEGV" in words
    assert "worker_pack.py" in (home.logs / "worker-toy.log").read_text()


def test_a_busy_process_that_gives_no_sign_of_life_is_dead(home: Home, notes: Path) -> None:
    async def scenario() -> str:
        worker = process(home, lease=SHORT_LEASE)
        await worker.start()
        running = begin(worker, task({"walk": ("Walk", {"count": 5000, "seconds": 0.02, "notes": str(notes)})}))
        await until(lambda: lines(notes))
        pid = worker.info.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        words = await dies(running.end())
        await worker.gone()
        assert not psutil.pid_exists(pid)
        return words

    assert "no sign of life for 2 seconds" in run_in_time(scenario())


def test_a_question_to_a_process_that_is_stopped_is_not_waited_for_for_ever(home: Home) -> None:
    async def scenario() -> str:
        worker = process(home, lease=SHORT_LEASE)
        await worker.start()
        pid = worker.info.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        return await dies(worker.status())

    assert "no sign of life" in run_in_time(scenario())


def test_a_job_may_be_deaf_for_longer_than_the_lease_and_an_idle_process_silent(home: Home, notes: Path) -> None:
    async def scenario() -> list[Report]:
        async with started(process(home, lease=SHORT_LEASE)) as worker:
            pid = worker.info.pid
            ending = (await reports_of(worker, task(deaf(notes, 1.5 * SHORT_LEASE))))[-1]
            await asyncio.sleep(1.5 * SHORT_LEASE)
            after = (await reports_of(worker, task({"walk": ("Walk", {})}, "b")))[-1]
            assert worker.info.pid == pid
            return [ending, after]

    assert run_in_time(scenario()) == [JobDone(outputs={})] * 2


def test_a_copy_that_a_node_left_behind_hides_no_death(home: Home, notes: Path) -> None:
    async def scenario() -> float:
        worker = process(home)
        await worker.start()
        start = time.monotonic()
        assert "SIGKILL" in await dies(reports_of(worker, task({"fork": ("Fork", {"notes": str(notes)})})))
        await worker.gone()
        return time.monotonic() - start

    try:
        assert run_in_time(scenario()) < 10
    finally:
        for line in lines(notes):
            os.kill(int(line), signal.SIGKILL)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_a_terminal_sends_to_all_does_not_end_it(home: Home, tmp_path: Path, sent: signal.Signals) -> None:
    here, there = tmp_path / "here", tmp_path / "there"

    async def scenario() -> Report:
        async with started(process(home)) as worker:
            running = begin(worker, task({"meet": ("Meet", {"here": str(here), "there": str(there)})}))
            await until(here.exists)
            assert worker.info.pid is not None
            os.kill(worker.info.pid, sent)
            await asyncio.sleep(0.1)
            there.touch()
            return await running.end()

    assert run_in_time(scenario()) == JobDone(outputs={})


PARENT = """
import asyncio, sys
from pathlib import Path
from graphflow.home import Home
from graphflow.jobs.worker import Task
from graphflow.jobs.worker.process import ProcessWorker

async def main():
    worker = ProcessWorker(Home(Path(sys.argv[1])), packs=[Path(sys.argv[2])])
    await worker.start()
    async for report in worker.run(Task("job", 1, sys.argv[3])):
        pass

asyncio.run(main())
"""


@pytest.fixture
def parent(home: Home, notes: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", PARENT, str(home.root), str(PACK), task(deaf(notes)).body]
    with subprocess.Popen(command) as parent:
        yield parent
        parent.kill()


def test_the_servers_death_leaves_no_orphan(parent: subprocess.Popen[bytes], notes: Path) -> None:
    end = time.monotonic() + 30
    while not lines(notes):
        assert time.monotonic() < end
        time.sleep(0.02)
    (child,) = (psutil.Process(int(line)) for line in lines(notes))
    assert child.is_running()

    parent.kill()

    with suppress(psutil.NoSuchProcess):
        child.wait(timeout=NOTICED)


def test_an_idle_process_uses_no_cpu(home: Home) -> None:
    async def scenario() -> tuple[float, int]:
        async with started(process(home)) as worker:
            await reports_of(worker, task({"walk": ("Walk", {})}))
            child = psutil.Process(worker.info.pid)
            await asyncio.sleep(2.0)  # the last sign of life of the job is over
            before, switches = child.cpu_times(), child.num_ctx_switches().voluntary
            await asyncio.sleep(1.5)
            after = child.cpu_times()
            used = after.user + after.system - before.user - before.system
            return used, child.num_ctx_switches().voluntary - switches

    used, switches = run_in_time(scenario())
    assert used < 0.02
    assert switches <= 2


def test_a_home_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    words = run_in_time(dies(ProcessWorker(Home(tmp_path / "home")).start()))

    assert "cannot be started" in words
    assert str(tmp_path / "home" / "logs") in words


def test_what_ran_last_is_known_when_a_job_that_is_tried_again_dies_at_once(home: Home) -> None:
    async def scenario() -> list[Report]:
        async with started(process(home)) as worker:
            running = begin(worker, task({"die": ("Die", {})}, attempt=2))
            await dies(running.end())
            return running.reports

    assert kinds(run_in_time(scenario())) == ["node.started"]
