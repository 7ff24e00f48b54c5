"""The server itself: versions, packs, workers, limits, and what holds how much memory."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import time
from dataclasses import asdict
from http import HTTPStatus
from typing import cast

import aiohttp
import pydantic

from graphflow.errors import GraphFlowError
from graphflow.jobs.dispatch import WorkerState, WorkerView
from graphflow.server.catalogue.node_entries import list_of
from graphflow.server.measures import resident_bytes, total_memory
from graphflow.server.problems import not_found
from graphflow.server.route import Access, Call, Route
from graphflow.version import __version__
from graphflow.wire.problems import ProblemItem
from graphflow.wire.system import (
    DeviceEntry,
    Freed,
    FreeMemory,
    HeldEntry,
    Memory,
    Places,
    Platform,
    System,
    UserEntry,
    WorkerEntry,
    WorkerMemory,
)

PATIENCE = 10.0
"""Seconds that a worker has to answer."""
SHORT_PATIENCE = 0.5
"""And where its answer is only one of many facts."""


async def system(call: Call) -> System:
    """Say what the server is made of, how its workers stand, and who asks."""
    server, nodes = call.server, list_of(call.server.engine.registry)
    views = server.dispatcher.workers
    memories = await asyncio.gather(*(_device_of(view) for view in views))
    return System(
        version=__version__,
        libraries=_libraries(),
        packs=nodes.packs,
        problems=nodes.problems,
        platform=_platform(),
        devices=list(
            dict.fromkeys(each.device if each else view.info.device for view, each in zip(views, memories, strict=True))
        ),
        workers=[_worker(view, each, admin=call.user.admin) for view, each in zip(views, memories, strict=True)],
        uptime=time.monotonic() - server.lifecycle.since,
        limits=asdict(server.limits),
        user=UserEntry(name=call.user.name, admin=call.user.admin),
        places=_places(call) if call.user.admin else None,
    )


async def memory(call: Call) -> Memory:
    """Say what holds how many bytes, and why it stays."""
    views = call.server.dispatcher.workers
    workers = await asyncio.gather(*(memory_of(view) for view in views))
    held = sum(each.bytes for worker in workers for each in worker.held)
    return Memory(server=resident_bytes(), workers=list(workers), held=held)


async def free_memory(call: Call) -> Freed:
    """Have workers let go of models and results that they keep; what running jobs use stays."""
    body = cast(FreeMemory, call.body)
    views = [view for view in call.server.dispatcher.workers if body.worker in (None, view.info.name)]
    if body.worker is not None and not views:
        raise not_found(f"there is no worker {body.worker!r}", code="unknown-worker", hint="see /api/v1/system")
    freed: dict[str, int] = {}
    problems: list[ProblemItem] = []
    for view in views:
        try:
            freed[view.info.name] = await asyncio.wait_for(view.worker.drop(body.bytes), PATIENCE)
        except (GraphFlowError, TimeoutError) as error:
            message = f"the worker {view.info.name} did not answer: {_told(error)}"
            problems.append(ProblemItem(code="worker-silent", message=message, hint="it may be starting: try again"))
    return Freed(bytes=freed, problems=problems)


async def memory_of(view: WorkerView, patience: float = PATIENCE) -> WorkerMemory:
    """Return what a worker holds, or why it does not say."""
    held: list[HeldEntry] = []
    rss = problem = None
    try:
        status = await asyncio.wait_for(view.worker.status(), patience)
        held = [HeldEntry(name=each.name, bytes=each.bytes, where=each.where, why=each.why) for each in status.held]
        rss = status.rss
    except (GraphFlowError, TimeoutError) as error:
        problem = _told(error)
    return WorkerMemory(worker=view.info.name, device=view.info.device, rss=rss, held=held, problem=problem)


def _told(error: BaseException) -> str:
    return str(error) or f"no answer within {PATIENCE:.0f} seconds"


async def _device_of(view: WorkerView) -> DeviceEntry | None:
    """Return the device that a worker uses; None where none is used yet, or the worker is too busy to tell."""
    if view.state not in (WorkerState.IDLE, WorkerState.BUSY):
        return None
    try:
        memory = (await asyncio.wait_for(view.worker.status(), SHORT_PATIENCE)).memory
    except (GraphFlowError, TimeoutError):
        return None
    return None if memory is None else DeviceEntry(device=memory.device, total=memory.total, free=memory.free)


def _worker(view: WorkerView, memory: DeviceEntry | None, *, admin: bool) -> WorkerEntry:
    info = view.info
    return WorkerEntry(
        name=info.name,
        kind=info.kind,
        device=info.device,
        slots=info.slots,
        state=view.state.value,
        jobs=len(view.jobs),
        deaths=view.deaths,
        message=view.message if admin else None,
        pid=info.pid if admin else None,
        memory=memory,
    )


def _libraries() -> dict[str, str]:
    return {"aiohttp": aiohttp.__version__, "pydantic": pydantic.VERSION, "sqlite": sqlite3.sqlite_version}


def _platform() -> Platform:
    return Platform(
        system=platform.system(),
        machine=platform.machine(),
        python=platform.python_version(),
        processors=os.cpu_count() or 1,
        memory=total_memory(),
    )


def _places(call: Call) -> Places:
    engine = call.server.engine_of(call.user)
    roots = dict.fromkeys([engine.home.models, *engine.home.extra_model_roots])
    return Places(
        home=str(engine.home.root),
        models=[str(root) for root in roots],
        input=str(engine.home.input),
        output=str(engine.home.output),
        workflows=str(engine.home.workflows),
    )


ROUTES = (
    Route("GET", "/api/v1/system", system, answer=System),
    Route("GET", "/api/v1/system/memory", memory, answer=Memory),
    Route(
        "POST", "/api/v1/system/free", free_memory, access=Access.ADMIN, body=FreeMemory, answer=Freed,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
)  # fmt: skip
