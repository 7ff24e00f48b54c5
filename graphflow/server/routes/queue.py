"""The queue: how it stands, and whether it hands out jobs."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from graphflow.jobs import JobState
from graphflow.jobs.hearing import heard
from graphflow.jobs.reading import Filter
from graphflow.server.requests.job_view import show_jobs
from graphflow.server.route import Access, Call, Route
from graphflow.server.streams.following import whose
from graphflow.wire.queue import Queue

_MOST = 500
"""Running jobs that are told."""


async def read_queue(call: Call) -> Queue:
    """Return whether the queue is paused, how many jobs are in each state, and which run now."""
    return await asyncio.to_thread(_queue, call)


async def pause_queue(call: Call) -> Queue:
    """Hand out no more jobs, also after a restart; what runs goes on."""
    await heard(call.server.store.pause())
    return await asyncio.to_thread(_queue, call)


async def resume_queue(call: Call) -> Queue:
    """Hand out jobs again."""
    await heard(call.server.store.resume())
    return await asyncio.to_thread(_queue, call)


def _queue(call: Call) -> Queue:
    store, client = call.server.store, whose(call.user, None)
    running = store.list(Filter(client=client, states=(JobState.RUNNING,)), None, _MOST).jobs
    return Queue(
        paused=store.paused,
        counts=store.count(client),
        running=show_jobs(running, store, call.server.dispatcher),
    )


_FULL = (HTTPStatus.INSUFFICIENT_STORAGE,)

ROUTES = (
    Route("GET", "/api/v1/queue", read_queue, answer=Queue),
    Route("POST", "/api/v1/queue/pause", pause_queue, access=Access.ADMIN, answer=Queue, problems=_FULL),
    Route("POST", "/api/v1/queue/resume", resume_queue, access=Access.ADMIN, answer=Queue, problems=_FULL),
)
