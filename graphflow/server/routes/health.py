"""Tells watchers whether the server lives, and whether it takes work; nothing else, for anybody may ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from graphflow.jobs.dispatch import WorkerView
from graphflow.server.problems import unavailable
from graphflow.server.route import Access, Call, Route
from graphflow.wire.base import Message

_LOOK = "GET /api/v1/system says why; the workers' logs lie in the folder `logs` of the home"


class Health(Message):
    """The server answers."""

    status: Literal["ok"] = "ok"


async def health(_: Call) -> Health:
    """Say that the server answers."""
    return Health()


async def ready(call: Call) -> Health:
    """Say that the server takes jobs and runs them; 503 while it starts or stops, and while no worker can run jobs."""
    lifecycle = call.server.lifecycle
    if lifecycle.stopping or not lifecycle.ready:
        what = "stopping" if lifecycle.stopping else "starting"
        raise unavailable(what, f"the server is {what}", 1)
    workers = call.server.dispatcher.workers
    if not any(each.takes_jobs for each in workers):
        raise unavailable("no-worker", _why(workers), _soonest(workers), hint=_LOOK)
    return Health()


def _why(workers: Sequence[WorkerView]) -> str:
    """Name the workers, and no message of theirs: it may tell where things lie, and anybody may ask."""
    told = ", ".join(f"{each.info.name} is {each.state.value}" for each in workers) or "there is none"
    return f"no worker can run jobs: {told}; jobs are taken, and wait"


def _soonest(workers: Sequence[WorkerView]) -> float:
    return min((each.held_back for each in workers if each.held_back is not None), default=1.0)


ROUTES = (
    Route("GET", "/healthz", health, access=Access.OPEN, answer=Health),
    Route("GET", "/readyz", ready, access=Access.OPEN, answer=Health),
)
