"""Promise 6: a worker that was believed dead and wakes up changes nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.reliability.house import LONG, House, house
from tests.reliability.records import ENDED, Stored, broken, files_of, stored_jobs
from tests.reliability.report import Report, spread
from tests.reliability.workflows import picture

LEASE = 1.0


@dataclass(frozen=True)
class Size:
    """How often a worker sleeps past its lease: with a line that stays open, and as it is served."""

    rounds: int
    leases: int


SHORT, FULL = Size(rounds=5, leases=1), Size(rounds=50, leases=5)


def late_writes(folder: Path, size: Size, *changes: str) -> Report:
    """Stop a worker's process, have it declared dead, let another finish its job, and wake it up on an open line.

    That is a node whose line was down for a while: what it says still arrives.
    """
    report = Report("6")
    deaths = folder / "deaths"
    deaths.mkdir(parents=True)
    # The patience of the local lease is not what is shown here: nobody ends the one who sleeps.
    stage = ("lease=3600", "two-workers", f"declared-dead={deaths}")
    ids: list[str] = []
    with house(folder, *stage, *changes) as server:
        _until_ready(server, 2)
        ids += [_one_round(server, deaths, f"round{number}") for number in range(size.rounds)]
        report.expect(server.drained(), "the queue did not empty")
        time.sleep(0.5)
        stale = _metric(server, "graphflow_stale_writes_total")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    late = sum(len(late_events(jobs[id])) for id in ids)
    for id in ids:
        report.expect(jobs[id].state == "done", f"job {id} is {jobs[id].state}")
        report.expect(len(files_of(jobs[id])) == 1, f"job {id} has {len(files_of(jobs[id]))} results")
    report.expect(late == 0, f"{late} late events were accepted")
    report.expect(stale >= size.rounds, f"only {stale} late writes came: nothing is shown")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(rounds=size.rounds, late_events_accepted=late, late_writes_refused=int(stale))
    return report


def late_events(job: Stored) -> list[int]:
    """Return the numbers of events whose attempt was over when they were stored."""
    newest, late = 0, []
    for n, attempt, _, event in job.events:
        newest = max(newest, attempt)
        ended = [each for each in job.events if each[0] < n and each[3].get("state") == "done"]
        if attempt < newest or ended:
            late.append(n)
        if event.get("state") == "queued" and attempt:
            newest = attempt + 1
    return late


def _one_round(server: House, deaths: Path, tag: str) -> str:
    """Let one worker fall asleep over a job and another one finish it; return the job."""
    id = server.submit(picture(tag, steps=10, seconds=0.03))
    server.wait_for(id, "running")
    _until(lambda: (server.notes / f"steps-{tag}").exists())
    name, process = _runner(server, id)
    process.send_signal(signal.SIGSTOP)
    try:
        (deaths / f"dead-{name}").touch()
        server.wait_for(id)
    finally:
        process.send_signal(signal.SIGCONT)
    _until(lambda: all(each["jobs"] == 0 for each in server.ask("GET", "system")[1]["workers"]))
    return id


def _runner(server: House, id: str) -> tuple[str, psutil.Process]:
    """Return the worker that runs a job, by name, and its process."""
    busy = [each for each in server.ask("GET", "system")[1]["workers"] if each["jobs"]]
    assert len(busy) == 1, f"{len(busy)} workers run the one job {id}"
    return str(busy[0]["name"]), psutil.Process(int(busy[0]["pid"]))


def past_the_lease(folder: Path, size: Size, *changes: str, patience: float = LONG) -> Report:
    """Stop the worker's process for longer than its lease, and wake it up when its successor is done."""
    report, took, ids = Report("6"), list[float](), list[str]()
    with house(folder, f"lease={LEASE:g}", *changes) as server:
        for number in range(size.leases):
            _until_ready(server, 1)
            ids.append(server.submit(picture(f"lease{number}", steps=10, seconds=0.03)))
            _until((server.notes / f"steps-lease{number}").exists)
            (sleeper,) = server.workers()
            sleeper.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            if not _ends(server, ids[-1], patience):
                report.expect(False, f"nobody took over what {sleeper.pid} sleeps over for {patience:g} s")
                sleeper.send_signal(signal.SIGCONT)
            took.append(time.monotonic() - begun)
            report.expect(not sleeper.is_running(), "the one who slept past its lease still lives")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    late = sum(len(late_events(jobs[id])) for id in ids)
    report.expect(late == 0, f"{late} late events were accepted")
    report.expect(all(jobs[id].state == "done" for id in ids), "a job did not end well")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(leases=f"{size.leases} of {LEASE:g} s", done_by_the_successor_after=spread(took))
    return report


def _ends(server: House, id: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.job(id)["state"] in ENDED:
            return True
        time.sleep(0.02)
    return False


def _until_ready(server: House, workers: int) -> None:
    def ready() -> bool:
        states = [each["state"] for each in server.ask("GET", "system")[1]["workers"]]
        return states.count("idle") == workers

    _until(ready)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def _metric(server: House, name: str) -> float:
    text = server.ask("GET", "/metrics")[1].decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))
