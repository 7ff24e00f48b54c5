"""Promise 15: a server that is asked to stop ends in order, and what it ran goes on at the next start."""

from __future__ import annotations

import http.client
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.reliability.house import KILL, LONG, House, close, house
from tests.reliability.records import broken, opened, stored_jobs
from tests.reliability.report import Report, spread
from tests.reliability.workflows import TRIVIAL, bytes_of, link, picture, single, workflow

LARGE = 20_000_000
GRACE, HURRY = 10.0, 2.0


@dataclass(frozen=True)
class Size:
    """How often a server stops with jobs under way, and is told twice."""

    stops: int
    hurries: int


SHORT, FULL = Size(stops=2, hurries=1), Size(stops=20, hurries=5)


def stops(folder: Path, size: Size, *changes: str) -> Report:
    """Stop a server again and again in the middle of its work; every job ends well all the same."""
    report, dice, took = Report("15"), random.Random(15), list[float]()
    server = House(folder, changes)
    tags: dict[str, str] = {}
    try:
        for number in range(size.stops):
            server.start()
            for tag in (f"short{number}", f"long{number}"):
                steps = 20 if tag.startswith("long") else 2
                tags[server.submit(picture(tag, steps, 0.03))] = tag
            _until_busy(server)
            time.sleep(dice.uniform(0, 0.5))
            took.append(_stop(report, server))
        server.start()
        report.expect(server.drained(), "what was put back did not end")
        _stop(report, server)
    finally:
        close(server)
    jobs = stored_jobs(server.home)
    for id, tag in tags.items():
        steps = 20 if tag.startswith("long") else 2
        report.expect(jobs[id].state == "done", f"job {id} is {jobs[id].state}: {jobs[id].problem}")
        kept = {each.read_bytes() for each in (server.home / "output").glob(f"{tag}_*")}
        report.expect(kept == {bytes_of(tag, steps)}, f"job {tag} saved other bytes than it should")
    back = sum("queued" in jobs[id].states()[1:] for id in tags)
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(stops=size.stops, jobs=len(tags), put_back_and_done_later=back, took=spread(took))
    return report


def _until_busy(server: House) -> None:
    end = time.monotonic() + LONG
    while not server.counts().get("running", 0):
        assert time.monotonic() < end, "no job begins"
        time.sleep(0.01)


def _stop(report: Report, server: House) -> float:
    """Stop a server, look at what it leaves behind, and return how long it took."""
    workers, begun = server.workers(), time.monotonic()
    code = server.stop()
    took = time.monotonic() - begun
    report.expect(code == 0, f"the exit code is {code}")
    report.expect(took < GRACE + 2, f"the stop took {took:.1f} s")
    _, alive = psutil.wait_procs(workers, timeout=5)
    report.expect(not alive, f"{len(alive)} workers were left behind")
    report.expect(not (server.home / "jobs" / "jobs.db-wal").exists(), "the log was not brought into the database")
    with opened(server.home) as database:
        running = database.execute("SELECT count(*) FROM jobs WHERE state = 'running'").fetchone()[0]
    report.expect(running == 0, f"{running} jobs are left as running")
    return took


def refusals_and_hurries(folder: Path, size: Size, *changes: str) -> Report:
    """Ask a server that stops for more, and tell it twice while a job hears nothing."""
    report, took, refused = Report("15"), list[float](), 0
    for number in range(size.hurries):
        with house(folder / str(number), *changes) as server:
            id = server.submit(single("Deaf", tag="deaf", seconds=3600.0))
            _until_busy(server)
            workers = server.workers()
            server.signal(signal.SIGTERM)
            refused += _is_refused(report, server)
            begun = time.monotonic()
            server.signal(signal.SIGTERM)
            code = server.wait()
            took.append(time.monotonic() - begun)
            report.expect(code == 130, f"after a second signal the exit code is {code}")
            _, alive = psutil.wait_procs(workers, timeout=5)
            report.expect(not alive, f"{len(alive)} workers were left behind")
            report.expect(stored_jobs(server.home)[id].state in ("queued", "running"), "the job was lost")
            report.faults += server.mistakes()[:5]
    report.expect(max(took) <= HURRY, f"after a second signal it took {max(took):.1f} s")
    report.say(stopping_answered_503=f"{refused} of {size.hurries}", second_signal=spread(took))
    return report


def _is_refused(report: Report, server: House) -> bool:
    """Submit to a server that stops, until it knows that it does; return whether it said so with 503."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            status, answer = server.ask("POST", "jobs", {"workflow": TRIVIAL})
        except (OSError, http.client.HTTPException) as error:
            report.expect(False, f"a server that stops does not answer: {error}")
            return False
        if status != 202:
            report.expect(status == 503, f"a server that stops answers with {status}: {answer}")
            return status == 503
    report.expect(False, "a server that stops still takes jobs")
    return False


def during_a_cache_write(folder: Path, *changes: str) -> Report:
    """Stop the server, and kill the worker, while a large result is half written to disk."""
    report, right, made = Report("15"), 0, dict[str, int]()
    with house(folder, *changes) as server:
        for tag, how in (("stopped", signal.SIGTERM), ("killed", KILL)):
            hold = server.points / "hold-cache"
            hold.touch()
            id = server.submit(_large(tag))
            path, whole = _until_half_written(server, tag)
            if how == KILL:
                workers = server.workers()
                workers[0].kill()
                psutil.wait_procs(workers, timeout=5)
            else:
                server.signal(signal.SIGTERM)
                _is_refused(report, server)
            there = path.stat().st_size if path.exists() else 0
            report.expect(0 < there < whole, f"{there} of {whole} bytes were written: no write was under way")
            hold.unlink()
            if how != KILL:
                report.expect(server.wait() == 0, "the server did not stop in order")
                server.start()
            for each in (server.wait_for(id), server.wait_for(server.submit(_large(tag)))):
                told = ((each["outputs"] or {}).get("value") or {}).get("value")
                right += told == LARGE
                report.expect(told == LARGE, f"after the worker was {tag} the result has {told} letters")
            made[tag] = len((server.notes / f"steps-{tag}").read_text().splitlines())
        report.expect(server.stop() == 0, "the server did not stop in order")
    report.expect(made["stopped"] == 1, "a stop threw away what was half written")
    report.expect(
        made["killed"] == 2, f"after a kill the large result was made {made['killed']} times in all, not twice"
    )
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(result=f"{LARGE / 1e6:.0f} MB, stopped and killed when half of it was written")
    report.say(right_results=f"{right} of 4", written_to_the_end_by_a_stop="yes" if made["stopped"] == 1 else "no")
    return report


def _large(tag: str) -> dict[str, Any]:
    """Write a job whose first result is large and goes to disk while another node works."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "large": ("Large", {"size": LARGE, "tag": tag}),
        "walk": ("Steps", {"model": link("load"), "tag": f"walk-{tag}", "steps": 20, "seconds": 0.02}),
        "load": ("Load", {"name": tag}),
        "pair": ("Pair", {"first": link("length"), "second": link("walk")}),
        "length": ("Length", {"lump": link("large"), "tag": tag}),
    }
    return workflow(nodes, value=("pair", "out"))


def _until_half_written(server: House, tag: str) -> tuple[Path, int]:
    """Wait until half of a large result stands on disk; return where, and how many bytes it will have."""
    half, end = server.notes / "half", time.monotonic() + LONG
    while not (half.exists() and half.read_text().endswith("\n")):
        assert time.monotonic() < end, f"the large result of {tag} is not written"
        time.sleep(0.002)
    path, size = half.read_text().split()
    half.unlink()
    return Path(path), int(size)
