"""Promise 4: every accepted job ends, with a reason where it did not end well, whoever is killed meanwhile."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.reliability.house import House, house
from tests.reliability.records import broken, stored_jobs
from tests.reliability.report import Report
from tests.reliability.workflows import TRIVIAL, picture, single


@dataclass(frozen=True)
class Size:
    """How many jobs, and how many kills of each kind while they run."""

    jobs: int
    servers: int
    workers: int
    quiet: float = 60.0


SHORT, FULL = Size(jobs=40, servers=2, workers=4), Size(jobs=200, servers=10, workers=20)


def mixed(number: int) -> dict[str, object]:
    """Return one of several kinds of jobs."""
    kinds = (TRIVIAL, picture(f"mixed{number}", 20, 0.02), single("Say", lines=5, size=200), picture("shared", 4, 0.01))
    return kinds[number % len(kinds)]


def kills(folder: Path, size: Size, *changes: str) -> Report:
    """Kill servers and workers at random while jobs of several kinds wait and run."""
    report, dice = Report("4"), random.Random(4)
    with house(folder, *changes) as server:
        ids = [server.submit(mixed(number)) for number in range(size.jobs)]
        server.submit(single("Number", value=1), held=True)
        dead = _kill_both(server, size, dice)
        for job in server.ask("GET", "jobs?state=held")[1]["jobs"]:
            server.ask("POST", f"jobs/{job['id']}/cancel")
        begun = time.monotonic()
        drained = server.drained(size.quiet)
        quiet = time.monotonic() - begun
        report.expect(drained, f"jobs are stuck after {size.quiet:g} s of quiet: {server.counts()}")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    states = Counter(jobs[id].state for id in ids)
    for id in ids:
        problem = jobs[id].problem or {}
        lost = jobs[id].state == "failed" and problem.get("code") == "worker_lost"
        report.expect(jobs[id].state == "done" or lost, f"job {id} is {jobs[id].state}: {problem}")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(jobs=len(ids), servers_killed=size.servers, workers_killed=dead, **states)
    report.say(quiet_until_all_had_ended=f"{quiet:.1f} s")
    return report


def _kill_both(server: House, size: Size, dice: random.Random) -> int:
    """Kill servers one after another, and workers all the while."""
    stop, dead = threading.Event(), list[int]()

    def kill_workers() -> None:
        while len(dead) < size.workers and not stop.is_set():
            stop.wait(dice.uniform(0.2, 0.8))
            for worker in server.workers()[:1]:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
                    dead.append(worker.pid)

    killing = threading.Thread(target=kill_workers)
    killing.start()
    for _ in range(size.servers):
        _until_something_runs(server)
        time.sleep(dice.uniform(0, 0.3))
        server.kill()
        server.start()
    killing.join(20)
    stop.set()
    killing.join()
    return len(dead)


def _until_something_runs(server: House) -> None:
    end = time.monotonic() + 5
    while not server.counts().get("running", 0) and time.monotonic() < end:
        time.sleep(0.01)
