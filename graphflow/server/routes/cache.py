"""The cache of results: how full it is, and emptying it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from graphflow.cache.memory import Statistics
from graphflow.server.route import Access, Call, Route
from graphflow.wire.system import CacheFloor, CacheState


async def cache_statistics(call: Call) -> CacheState:
    """Say how many results are kept, and in how many bytes."""
    return await asyncio.to_thread(_state, call)


async def clear_cache(call: Call) -> CacheState:
    """Forget every result that is kept on disk, and all that workers can spare in memory. It costs time only."""
    await asyncio.to_thread(call.server.engine.cache.clear)
    workers = [view.worker for view in call.server.dispatcher.workers]
    await asyncio.gather(*(worker.drop() for worker in workers), return_exceptions=True)  # a dead one holds nothing
    return await asyncio.to_thread(_state, call)


def _state(call: Call) -> CacheState:
    statistics = call.server.engine.cache.statistics()
    return CacheState(memory=_floor(statistics.memory, call), disk=_floor(statistics.disk, call))


def _floor(statistics: Statistics | None, call: Call) -> CacheFloor | None:
    if statistics is None:
        return None
    told = statistics.last_error if call.user.admin else None  # it may name a path
    return CacheFloor(**{**asdict(statistics), "last_error": told})


ROUTES = (
    Route("GET", "/api/v1/cache", cache_statistics, answer=CacheState),
    Route("POST", "/api/v1/cache/clear", clear_cache, access=Access.ADMIN, answer=CacheState),
)
