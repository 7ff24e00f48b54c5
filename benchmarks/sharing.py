"""Pictures of several jobs at once: how much sooner all are there when they share the network's forwards."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.load import Ends, Line
from benchmarks.measuring import Figure, Report, Times
from benchmarks.serving import Serving, serving

TITLE = "Pictures at once"
ABOUT = """Pictures of the default model at 64 pixels, 20 Euler steps with CFG 3, each a job of its own with its own seed, sent to a
real `graphflow serve` with a worker that is warm: at once, or each 0.1 s after the one before, which then is in the middle of
its sampling. The time is from the first request to the end of the last job. With one slot the jobs wait for each other;
with four they sample at the same time, and their rows share forwards of the network. *Processor* is that of the server and
its worker."""

WORKFLOW = Path("workflows/txt2img.json")
PICTURES = 8
ROUNDS = 5
SLOTS = (4, 1)
APART = 0.1
"""Seconds between two requests: a third of what a picture takes alone."""


def measure(work: Path) -> Report:
    """Return how long so many pictures take, in a server with so many slots."""
    figures: dict[tuple[int, float], Figure] = {}
    for slots in SLOTS:
        seeds = count(1)
        with serving(work / f"slots-{slots}", "--slots", str(slots)) as server:
            asyncio.run(_pictures(server, [next(seeds)], 0))  # the worker loads the model
            for apart in (0, APART):
                times = Times()
                for _ in range(ROUNDS):
                    _time(server, [next(seeds) for _ in range(PICTURES)], apart, times)
                figures[slots, apart] = times.figure(_what(slots, apart), "s", beside=figures.get((SLOTS[0], apart)))
    return Report(TITLE, ABOUT, [figures[slots, apart] for apart in (0, APART) for slots in SLOTS])


def _what(slots: int, apart: float) -> str:
    how = f"{apart:g} s apart" if apart else "at once"
    return f"{PICTURES} pictures {how}: {slots} slot{'s' * (slots > 1)}"


def _time(server: Serving, seeds: list[int], apart: float, times: Times) -> None:
    worked, start = server.worked_with_workers(), time.perf_counter()
    asyncio.run(_pictures(server, seeds, apart))
    times.add(Times([time.perf_counter() - start], [server.worked_with_workers() - worked]))


async def _pictures(server: Serving, seeds: list[int], apart: float) -> None:
    """Ask for pictures, and wait until all are there."""
    async with aiohttp.ClientSession() as session:
        ends, line = await Ends.follow(session, server), await Line.open(server)
        for number, seed in enumerate(seeds):
            await asyncio.sleep(apart if number else 0)
            await line.submit(_workflow(seed))
        for _ in seeds:
            await ends.next()
        await line.close()


def _workflow(seed: int) -> Any:
    workflow = json.loads(WORKFLOW.read_bytes())
    workflow["nodes"]["sampler"]["inputs"]["seed"] = seed
    return workflow
