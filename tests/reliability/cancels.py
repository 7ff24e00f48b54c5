"""Promise 11: a cancel is obeyed at the next step, asked for as often as one likes, and harms no other job."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.reliability.house import LONG, House, house
from tests.reliability.records import ENDED, broken, opened, stored_jobs
from tests.reliability.report import Report, percentile, spread
from tests.reliability.workflows import bytes_of, picture, workflow

STEP = 0.05
STEPS = 20
ALLOWED = STEP + 0.1


@dataclass(frozen=True)
class Size:
    """How many cancels; whether their times count as well as their steps, and how long a worker may not obey."""

    cancels: int
    timed: bool
    obey: float


SHORT, FULL = Size(cancels=8, timed=False, obey=1.0), Size(cancels=100, timed=True, obey=10.0)


@dataclass(frozen=True)
class Cancel:
    """How long a job took to end, and how many steps began after the answer; and what was waited for, in seconds.

    `answer` until the request was stored and answered, `rest` of the step that was under way, `queue` for a processor,
    summed up over all threads of server and worker: other programs have it then.
    """

    seconds: float
    steps: int
    answer: float
    rest: float
    queue: float


@dataclass
class Ears:
    """Hears of all jobs on one stream, and remembers when each came to which state."""

    house: House
    heard: dict[tuple[str, str], float] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen until the block ends."""
        headers = {**self.house.headers, "Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.get(f"{self.house.url}/api/v1/events") as response,
        ):
            listening = asyncio.create_task(self._listen(response))
            try:
                yield
            finally:
                listening.cancel()

    async def _listen(self, response: aiohttp.ClientResponse) -> None:
        async for line in response.content:
            if line.startswith(b"data: "):
                message = json.loads(line[6:])
                event = message.get("event", {})
                if event.get("kind") == "job.state":
                    self.heard[message["job"], event["state"]] = time.monotonic()

    async def end_of(self, job: str) -> tuple[float, str]:
        """Wait until a job has ended, and return when and how."""
        async with asyncio.timeout(LONG):
            while not (how := [state for state in ENDED if (job, state) in self.heard]):
                await asyncio.sleep(0.002)
        return self.heard[job, how[0]], how[0]


def at_random(folder: Path, size: Size, *changes: str) -> Report:
    """Cancel jobs at random moments, one after another, and look at the next one's bytes."""
    report = Report("11")
    with house(folder, *changes) as server:
        server.wait_for(server.submit(picture("warm", 2, 0.0)))
        cancels = asyncio.run(_cancel_many(report, server, size, random.Random(11)))
        report.expect(server.drained(), "the queue did not empty")
        report.expect(server.stop() == 0, "the server did not stop in order")
    report.expect(len(cancels) == size.cancels, f"only {len(cancels)} jobs still ran when they were to be cancelled")
    took, steps = [each.seconds for each in cancels], [each.steps for each in cancels]
    report.expect(max(steps) <= 1, f"{max(steps)} steps began after a cancel was stored")
    in_time = sum(each <= ALLOWED for each in took)
    ours = sum(each.seconds - each.queue <= ALLOWED for each in cancels)
    slowest = max(cancels, key=lambda each: each.seconds)
    if size.timed:
        fault = f"99 % ended after {percentile(took) * 1000:.0f} ms; the slowest of them: {_told(slowest)}"
        report.expect(percentile(took) <= ALLOWED, fault)
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(cancels=len(took), step=f"{STEP * 1000:.0f} ms", ended=spread(took))
    report.say(within_one_step_and_100_ms=f"{in_time} of {len(took)}", steps_begun_after_it=f"at most {max(steps)}")
    report.say(within_it_less_the_time_without_a_processor=f"{ours} of {len(took)}", slowest=_told(slowest))
    return report


def _told(slow: Cancel) -> str:
    parts = {
        "": slow.seconds,
        "until the answer": slow.answer,
        "rest of the step": slow.rest,
        "no processor": slow.queue,
    }
    return ", ".join(f"{name} {seconds * 1000:.0f} ms".strip() for name, seconds in parts.items())


async def _cancel_many(report: Report, server: House, size: Size, dice: random.Random) -> list[Cancel]:
    cancels = list[Cancel]()
    ears = Ears(server)
    async with ears.open():
        for number in range(2 * size.cancels):
            cancel = await _cancel_one(report, server, ears, f"cut{number}", dice)
            if cancel is None:
                continue
            cancels.append(cancel)
            if len(cancels) == size.cancels:
                break
            if len(cancels) % 10 == 1:
                id = await asyncio.to_thread(server.submit, picture(f"next{number}", 3, 0.0))
                await asyncio.to_thread(server.wait_for, id)
                (saved,) = (server.home / "output").glob(f"next{number}_*")
                report.expect(saved.read_bytes() == bytes_of(f"next{number}", 3), "the next job's bytes are others")
    return cancels


async def _cancel_one(report: Report, server: House, ears: Ears, tag: str, dice: random.Random) -> Cancel | None:
    """Cancel a job at a random moment; None where it was done before, since this process was held up for so long."""
    begun = time.monotonic()
    id = await asyncio.to_thread(server.submit, picture(tag, STEPS, STEP))
    await asyncio.sleep(dice.uniform(0, STEP * STEPS * 0.9))
    queued = queue_seconds(server)
    asked = time.monotonic()
    status, answer = await asyncio.to_thread(server.ask, "POST", f"jobs/{id}/cancel")
    answered, before = time.monotonic(), _steps(server, tag)
    report.expect(status == 200, f"a cancel was answered with {status}: {answer}")
    if answer["state"] == "done" and answered - begun > STEPS * STEP:
        return None
    ended, how = await ears.end_of(id)
    queued = queue_seconds(server) - queued
    report.expect(how == "cancelled", f"a job that was cancelled is {how}")
    again = await asyncio.to_thread(server.ask, "POST", f"jobs/{id}/cancel")
    report.expect(again[0] == 200 and again[1]["state"] == how, f"a second cancel was answered with {again}")
    await asyncio.sleep(STEP)
    rest = max(_last_step(server, tag) + STEP - answered, 0.0)
    return Cancel(ended - asked, _steps(server, tag) - before, answered - asked, rest, queued)


def queue_seconds(server: House) -> float:
    """Return how long the threads of server and workers waited for a processor up to now, as the kernel counts it."""
    waited = 0
    assert server.process is not None
    for pid in (server.process.pid, *(each.pid for each in server.workers())):
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):  # the thread has ended
                waited += int(path.read_text().split()[1])
    return waited / 1e9


def _last_step(server: House, tag: str) -> float:
    """Return when the last step began."""
    notes = server.notes / f"steps-{tag}"
    return float(notes.read_text().split()[-1]) if notes.exists() else 0.0


def _steps(server: House, tag: str) -> int:
    notes = server.notes / f"steps-{tag}"
    return len(notes.read_text().splitlines()) if notes.exists() else 0


def not_obeyed(folder: Path, size: Size, *changes: str) -> Report:
    """Cancel a job that hears nothing: its worker is ended, and the job beside it goes on where it was."""
    report, steps = Report("11"), 200
    stage = [] if size.obey == 10.0 else [f"obey={size.obey:g}"]
    with house(folder, *stage, *changes, options=["--slots", "2"]) as server:
        other = server.submit(picture("beside", steps, 0.02 * size.obey))
        deaf = server.submit(workflow({"deaf": ("Deaf", {"tag": "deaf"})}, value=("deaf", "out")))
        _until_noted(server, "deaf")
        _until_noted(server, "beside")
        asked = time.monotonic()
        server.ask("POST", f"jobs/{deaf}/cancel")
        server.wait_for(deaf)
        took = time.monotonic() - asked
        server.wait_for(other)
        report.expect(server.stop() == 0, "the server did not stop in order")
    jobs = stored_jobs(server.home)
    report.expect(jobs[deaf].state == "cancelled", f"the deaf job is {jobs[deaf].state}")
    report.expect(jobs[other].state == "done", f"the other job is {jobs[other].state}: {jobs[other].problem}")
    report.expect(_blame(server, other) == (0, 0), "the death counts against the other job")
    taken = _steps(server, "beside")
    report.expect(taken <= steps + 2, f"the other job took {taken} steps instead of {steps}")
    report.expect(took <= size.obey + 5, f"the cancel took {took:.1f} s")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(patience=f"{size.obey:g} s", cancelled_after=f"{took:.1f} s")
    report.say(steps_of_the_other_job=f"{taken} for {steps}, in {jobs[other].attempts} attempts")
    return report


def _until_noted(server: House, tag: str) -> None:
    end = time.monotonic() + LONG
    while not _steps(server, tag):
        assert time.monotonic() < end, f"{tag} does not begin"
        time.sleep(0.01)


def _blame(server: House, id: str) -> Any:
    """Return whether a job has to run alone, and how many deaths count against it."""
    with opened(server.home) as database:
        return database.execute("SELECT alone, deaths_alone FROM jobs WHERE id = ?", (id,)).fetchone()
