"""The model that ships, killed and cancelled in the middle of its sampling: pictures are bit-equal, little is done again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphflow.home import shipped_workflows
from tests.reliability.house import LONG, House, house
from tests.reliability.records import broken
from tests.reliability.report import Report

COUNTER = Path(__file__).with_name("counting_pack.py")
STEPS = 24
INTERVAL = 1
"""Steps between two notes in the journal."""
SAMPLER = "dpmpp_2m_sde"
"""It draws noise at each step, and its steps hang on the one before."""


@dataclass(frozen=True)
class Size:
    """How many kills in the middle of sampling; whether a cancel follows and pictures are compared with whole ones."""

    kills: int
    compared: bool = True


SHORT, FULL = Size(kills=1), Size(kills=4)


def txt2img(seed: int, steps: int = STEPS) -> dict[str, Any]:
    """Return a request for a picture."""
    workflow = json.loads((shipped_workflows() / "txt2img.json").read_text())
    inputs = {"steps": steps, "sampler.sampler_name": SAMPLER, "seed": seed}
    return {"workflow": workflow, "inputs": inputs}


def kills(folder: Path, size: Size, *changes: str) -> Report:
    """Kill the worker in the middle of sampling; its successor goes on there and makes the same picture."""
    report, told, again = Report("5, 11"), list[str](), list[int]()
    pictures: dict[int, str] = {}
    with house(folder, *changes, packs=[COUNTER]) as server:
        for number in range(size.kills):
            wanted = STEPS * (number + 1) // (size.kills + 1)
            with _held(server, wanted + 2):
                id = server.submit(**txt2img(number))
                before = _until_forwards(server, wanted)
                server.workers()[0].kill()
            cut = len(before)
            server.wait_for(id)
            resumed = len(forwards(server)) - cut
            again.append(cut + resumed - STEPS)
            told.append(f"{resumed} after {cut} of {STEPS}")
            report.expect(again[-1] <= INTERVAL, f"after a kill at forward {cut} there were {resumed} more")
            pictures[number] = server.job(id)["outputs"]["images"][0]["sha256"]
            _clear_notes(server)
        whole = dict[int, str]()
        if size.compared:
            pictures[-1] = _after_a_cancel(report, server)
            whole = _whole(report, server, size)
        report.expect(server.stop() == 0, "the server did not stop in order")
    for number, digest in whole.items():
        same = digest == pictures[number]
        report.expect(same, f"picture {number} is not bit-equal to one that was not cut short")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(kills=size.kills, calls_of_the_network=", ".join(told), done_again=f"at most {max(again)}")
    report.say(bit_equal_pictures=f"{sum(pictures[each] == whole[each] for each in whole)} of {len(whole)}")
    return report


def _after_a_cancel(report: Report, server: House) -> str:
    """Cancel a job in the middle of sampling, and return the picture of the next."""
    with _held(server, 7):
        id = server.submit(**txt2img(50))
        before = len(_until_forwards(server, 5))
        server.ask("POST", f"jobs/{id}/cancel")
        answered = len(forwards(server))
    server.wait_for(id)
    after = len(forwards(server)) - answered
    report.expect(server.job(id)["state"] == "cancelled", "the job was not cancelled")
    report.expect(after <= 1, f"the network was called {after} times after a cancel was answered")
    report.say(calls_after_a_cancel=f"{after} (at call {before})")
    next_id = server.submit(**txt2img(51))
    server.wait_for(next_id)
    _clear_notes(server)
    return str(server.job(next_id)["outputs"]["images"][0]["sha256"])


def _whole(report: Report, server: House, size: Size) -> dict[int, str]:
    """Make the same pictures again with nothing in between, and with nothing kept from before."""
    made: dict[int, str] = {}
    for number, seed in [*((each, each) for each in range(size.kills)), (-1, 51)]:
        server.ask("POST", "cache/clear")
        _clear_notes(server)
        id = server.submit(**txt2img(seed))
        server.wait_for(id)
        calls = len(forwards(server))
        report.expect(calls == STEPS, f"a picture made in one go took {calls} calls of the network")
        made[number] = server.job(id)["outputs"]["images"][0]["sha256"]
    return made


def batches(folder: Path, *changes: str) -> Report:
    """Cancel one of two jobs that share their forwards; its rows leave at the next one."""
    report = Report("11")
    with house(folder, *changes, packs=[COUNTER], options=["--slots", "2"]) as server:
        server.wait_for(server.submit(**txt2img(1, steps=2)))  # the model is loaded
        alone = max(forwards(server))
        _clear_notes(server)
        server.ask("POST", "queue/pause")
        first, second = (server.submit(**txt2img(seed, steps=600)) for seed in (2, 3))
        server.ask("POST", "queue/resume")
        together = max(_slowly(server, lambda rows: max(rows) > alone or len(rows) > 400))
        report.expect(together > alone, f"the two jobs never shared a forward: rows {set(forwards(server))}")
        server.ask("POST", f"jobs/{second}/cancel")
        answered = len(forwards(server))
        server.wait_for(second)
        _until(server, lambda rows: len(rows) > answered + 8)
        later = forwards(server)[answered:]
        stayed = sum(rows == together for rows in later)
        report.expect(stayed <= 1, f"the rows of a cancelled job were in {stayed} more forwards")
        report.expect(server.job(first)["state"] in ("running", "done"), "the other job was disturbed")
        server.ask("POST", f"jobs/{first}/cancel")
        server.wait_for(first)
        report.expect(server.stop() == 0, "the server did not stop in order")
    report.faults += server.mistakes()[:5]
    report.say(rows_together=together, rows_alone=alone, shared_forwards_after_the_cancel=stayed)
    return report


def forwards(server: House) -> list[int]:
    """Return how many rows each call of the network had."""
    path = server.notes / "forwards"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def _clear_notes(server: House) -> None:
    (server.notes / "forwards").unlink(missing_ok=True)


@contextmanager
def _held(server: House, call: int) -> Iterator[None]:
    """Let the network be called no further than this before the block has ended, however late we are."""
    _hold(server, call)
    yield
    (server.notes / "hold").unlink()


def _hold(server: House, call: int) -> None:
    whole = server.notes / "hold.new"
    whole.write_text(str(call))
    whole.rename(server.notes / "hold")


def _slowly(server: House, true: Callable[[list[int]], bool]) -> list[int]:
    """Let the network be called five times a second until something is true: time enough for a job to join another."""
    call = 1
    with _held(server, call):
        while not true(rows := _until_forwards(server, call)):
            time.sleep(0.2)
            call += 1
            _hold(server, call)
    return rows


def _until_forwards(server: House, count: int) -> list[int]:
    return _until(server, lambda rows: len(rows) >= count)


def _until(server: House, true: Callable[[list[int]], bool]) -> list[int]:
    end = time.monotonic() + LONG
    while not true(rows := forwards(server)):
        assert time.monotonic() < end, f"the network was called only {len(rows)} times"
        time.sleep(0.005)
    return rows
