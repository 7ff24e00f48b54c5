"""Promise 3: a server with a long queue and a long log is back at once. Also: who may not open a home touches nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

import psutil

from tests.reliability.house import REPOSITORY, House, close, house
from tests.reliability.records import opened
from tests.reliability.report import Report
from tests.reliability.workflows import TRIVIAL

READY = 2.0


@dataclass(frozen=True)
class Size:
    """How many jobs wait, how large the write-ahead log is, and how often the server starts on them."""

    jobs: int
    log_bytes: int
    starts: int


SHORT, FULL = Size(jobs=10_000, log_bytes=25 << 20, starts=1), Size(jobs=10_000, log_bytes=100 << 20, starts=5)

FILLER = """
import os, signal, sys
from pathlib import Path
from graphflow.jobs import database
from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore
from tests.reliability.restarts import body_of
folder, jobs, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = JobStore(folder)
store._writer._connection.execute("PRAGMA wal_autocheckpoint = 0")
store.pause().result()
futures = [store.submit(NewJob(body_of(number, size // jobs // 2), client="owner")) for number in range(jobs)]
[each.result() for each in futures]
log = folder / "jobs.db-wal"
while log.stat().st_size < size:
    store.prioritise(futures[0].result()[0].id, log.stat().st_size % 100).result()
    [each.result() for each in [store.prioritise(f.result()[0].id, 1) for f in futures[:200]]]
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Fills a store and dies without a checkpoint, as a server under load that is killed."""


def body_of(number: int, size: int) -> str:
    """Return the request of a job, so long."""
    return f'{{"workflow": {{"format": "graphflow/1", "name": "{number:0{size}}", "nodes": {{}}}}}}'


def restart(folder: Path, size: Size, *changes: str) -> Report:
    """Start a server on a long queue and a log that was never brought into the database."""
    report, took, worked, logs = Report("3"), list[float](), list[float](), list[int]()
    for number in range(size.starts):
        server = House(folder / str(number), changes)
        try:
            logs.append(_fill(server, size))
            took.append(_seconds_to_the_first_ticket(server))
            worked.append(_processor_seconds(server))
            waiting = server.counts().get("queued")
            report.expect(waiting == size.jobs + 1, f"{waiting} jobs wait, and {size.jobs + 1} should")
            report.expect(server.stop() == 0, "the server did not stop in order")
            with opened(server.home) as database:
                check = database.execute("PRAGMA integrity_check").fetchone()
            report.expect(check == ("ok",), f"integrity_check says {check}")
        finally:
            close(server)
    report.expect(min(logs) >= size.log_bytes, f"the log was only {min(logs)} bytes long")
    report.expect(median(took) <= READY, f"the first 202 came after {median(took):.2f} s")
    report.say(queued=size.jobs, log=f"{min(logs) >> 20} MiB", starts=size.starts)
    report.say(first_ticket_after=f"median {median(took):.2f} s, max {max(took):.2f} s, from the start of the process")
    report.say(processor_time_until_then=f"median {median(worked):.2f} s, max {max(worked):.2f} s")
    return report


def _processor_seconds(server: House) -> float:
    """Return how long the server worked: on an idle machine it takes little more than that."""
    assert server.process is not None
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


def _fill(server: House, size: Size) -> int:
    jobs = server.home / "jobs"
    jobs.mkdir(parents=True)
    command = [sys.executable, "-c", FILLER, str(jobs), str(size.jobs), str(size.log_bytes)]
    code = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    assert code == -signal.SIGKILL, f"the store could not be filled: {code}"
    return (jobs / "jobs.db-wal").stat().st_size


def _seconds_to_the_first_ticket(server: House) -> float:
    begun = time.monotonic()
    server.start()
    status, answer = server.ask("POST", "jobs", {"workflow": TRIVIAL})
    assert status == 202, answer
    return time.monotonic() - begun


def two_servers(folder: Path, *changes: str) -> Report:
    """Start a second server on a home that one has."""
    report = Report("one server per home")
    with house(folder, *changes) as server:
        second = House(folder, changes)
        told = _refusal(report, second)
        assert server.process is not None
        report.expect(f"process {server.process.pid}" in told, f"the first is not named: {told}")
        report.expect(server.url in told, f"the first one's address is not named: {told}")
        id = server.submit(TRIVIAL)
        report.expect(server.wait_for(id)["state"] == "done", "the first server was disturbed")
        server.kill()
        server.start()
        report.expect(server.job(id)["state"] == "done", "after a kill the home is not free")
    report.say(second=told.strip().splitlines()[0][:160] if told.strip() else "said nothing")
    return report


def newer_database(folder: Path, *changes: str) -> Report:
    """Start a server on the database of a program that comes later."""
    report = Report("older program, newer database")
    with house(folder, *changes) as server:
        server.wait_for(server.submit(TRIVIAL))
        server.stop()
        with closing(sqlite3.connect(server.home / "jobs" / "jobs.db")) as database:
            database.execute("PRAGMA user_version = 99")
        before = _contents(server.home / "jobs")
        told = _refusal(report, server)
        after = _contents(server.home / "jobs")
    report.expect("version 99" in told and "newer GraphFlow" in told, told)
    report.expect(before == after, "the folder of the jobs was touched")
    report.say(
        files_compared=len(before), changed=sum(before.get(each) != after.get(each) for each in {*before, *after})
    )
    return report


def _refusal(report: Report, server: House) -> str:
    """Start a server that should refuse to; return what it says. One that serves is a fault, and is ended."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        server.command(), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if "serve.ready" in line:
                report.expect(False, "the server runs")
                process.kill()
        code = process.wait(60)
    report.expect(code == 1, f"the server ended with {code}")
    report.expect("Traceback" not in told, told)
    return told


def _contents(folder: Path) -> dict[str, str]:
    files = [each for each in folder.rglob("*") if each.is_file() and each.name != "lock"]
    return {str(each.relative_to(folder)): sha256(each.read_bytes()).hexdigest() for each in files}
