"""Promise 5: a worker that is killed loses nothing: its job is queued again, and ends once, with one result."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.reliability.house import LONG, House, house
from tests.reliability.records import Stored, broken, files_of, stored_jobs
from tests.reliability.report import Report, spread
from tests.reliability.workflows import bytes_of, picture, workflow

POINTS = ("claim", "load", "step", "decode", "blob", "name", "named", "finish", "finished")
"""Where a worker dies: as it takes a job, in three nodes, as it writes bytes, before and after a file gets its name for
people, before and after it says that it is done."""
NOTICED = 2.0


@dataclass(frozen=True)
class Size:
    """How many kills at random, and how often at each named point."""

    kills: int
    rounds: int
    points: tuple[str, ...] = POINTS
    slots: int = 1


SHORT, FULL = Size(kills=4, rounds=1), Size(kills=20, rounds=8)


def random_kills(folder: Path, size: Size, *changes: str) -> Report:
    """Kill the worker at random while jobs run."""
    report, dice = Report("5"), random.Random(5)
    killed: list[float] = []
    with house(folder, *changes) as server:
        tags = [f"job{number}" for number in range(4 * size.kills)]
        ids = {server.submit(picture(tag)): tag for tag in tags}
        for _ in range(size.kills):
            done = server.counts().get("done", 0)
            killed += kill_one(server, dice)
            _until_more_done(server, done)
        report.expect(server.drained(), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    _compare(report, server, {id: jobs[id] for id in ids}, ids)
    _say_how_fast(report, list(jobs.values()), killed)
    report.say(kills=len(killed), jobs=len(ids))
    return report


def kill_one(server: House, dice: random.Random) -> list[float]:
    """Kill the worker while it runs a job; return when."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        workers = server.workers()
        if workers and server.counts().get("running", 0):
            time.sleep(dice.uniform(0, 0.2))
            try:
                workers[0].kill()
            except psutil.NoSuchProcess:
                continue
            return [time.time()]
        time.sleep(0.01)
    raise AssertionError("no worker runs a job")


def _until_more_done(server: House, before: int) -> None:
    """Wait until a job has ended well, so that no job is hit three times in a row."""
    end = time.monotonic() + LONG
    while server.counts().get("done", 0) <= before + 1:
        assert time.monotonic() < end, "no job ends any more"
        time.sleep(0.02)


def _compare(report: Report, server: House, jobs: dict[str, Stored], tags: dict[str, str]) -> None:
    """Expect each job to be done once, with the right bytes, under one name in the output folder."""
    doubled = 0
    for id, job in jobs.items():
        report.expect(job.state == "done", f"job {id} is {job.state}: {job.problem}")
        names = sorted((server.home / "output").glob(f"{tags[id]}_*"))
        kept = [each.read_bytes() for each in names]
        report.expect(set(kept) == {bytes_of(tags[id])}, f"job {id} saved other bytes than it should")
        report.expect(
            len(names) == 1, f"job {tags[id]} has several names in the output folder: {[each.name for each in names]}"
        )
        report.expect(len(files_of(job)) == 1, f"job {id} has {len(files_of(job))} results")
        doubled += len(names) > 1
    again = sum(job.attempts - 1 for job in jobs.values())
    report.say(attempts_again=again, second_names_in_the_output_folder=doubled)
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]


def _say_how_fast(report: Report, jobs: list[Stored], killed: list[float]) -> None:
    """Say how long it took until the jobs of killed workers were queued again."""
    again = sorted(at for job in jobs for n, _, at, event in job.events if n > 1 and event.get("state") == "queued")
    waits = [min((at - when for at in again if at >= when), default=0.0) for when in killed]
    waits = [each for each in waits if each < 10]  # a kill between two jobs cost nobody anything
    report.expect(all(each <= NOTICED for each in waits), f"a death was noticed after {max(waits, default=0):.1f} s")
    report.say(noticed=spread(waits))


def named_kills(folder: Path, size: Size, *changes: str) -> Report:
    """Kill the worker at each named point of a job."""
    report, died = Report("5"), dict.fromkeys(size.points, 0)
    with house(folder, *changes, options=["--slots", str(size.slots)]) as server:
        ids: dict[str, str] = {}
        for number in range(size.rounds):
            for point in size.points:
                (server.points / point).touch()
                tag = f"{point}{number}"
                id = server.submit(picture(tag, seconds=0.0))
                ids[id] = tag
                server.wait_for(id)
                died[point] += _until_gone(server.points / point)
        report.expect(server.drained(), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    _compare(report, server, {id: jobs[id] for id in ids}, ids)
    for point, times in died.items():
        report.expect(times == size.rounds, f"the worker died {times} times at {point}, and should {size.rounds} times")
    report.say(kills=sum(died.values()), points=", ".join(size.points))
    return report


def _until_gone(path: Path) -> bool:
    end = time.monotonic() + 20
    while path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return not path.exists()


def killer(folder: Path, company: int, *changes: str, patience: float = 60) -> Report:
    """Run one job that kills each worker among good ones, several at once."""
    report = Report("5")
    with house(folder, *changes, options=["--slots", "4"]) as server:
        server.ask("POST", "queue/pause")
        tags = [f"good{number}" for number in range(company)]
        good = [server.submit(picture(tag, steps=4)) for tag in tags[:5]]
        bad = server.submit(workflow({"load": ("Load", {"name": "bad"}), "die": ("Die", {})}, end=("die", "out")))
        good += [server.submit(picture(tag, steps=4)) for tag in tags[5:]]
        server.ask("POST", "queue/resume")
        report.expect(server.drained(patience), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    done = sum(jobs[id].state == "done" for id in good)
    report.expect(done == len(good), f"{len(good) - done} good jobs did not end well")
    problem = jobs[bad].problem or {}
    report.expect(jobs[bad].state == "failed", f"the killer is {jobs[bad].state}")
    report.expect(problem.get("code") == "worker_lost", f"the killer failed with {problem}")
    report.expect(problem.get("node") == "die", f"the killer's node is not named: {problem}")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(
        good_jobs=len(good), done=done, killer=f"{jobs[bad].state}: {problem.get('code')} at {problem.get('node')}"
    )
    report.say(attempts_of_the_killer=jobs[bad].attempts)
    return report
