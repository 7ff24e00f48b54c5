"""Puts the server together out of its parts, and takes it apart again in the right order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from graphflow.engine import Engine
from graphflow.jobs import JobStore
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.dispatch import Dispatcher, Keeper, Rules
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import Deleted, QueueLimits
from graphflow.jobs.worker import Worker
from graphflow.jobs.worker.journals import forget_journals
from graphflow.server.limits import Limits
from graphflow.server.room import Room, clean
from graphflow.server.state import Server
from graphflow.server.streams.hub import Hub
from graphflow.server.wall.guard import Wall
from graphflow.server.wall.users import Users

GRACE = 10.0
"""Seconds that running jobs have when the server stops."""
_USUAL = Room()
_PATIENCE = Rules()


@asynccontextmanager
async def open_server(
    engine: Engine,
    workers: Sequence[Worker],
    make_wall: Callable[[], Wall],
    limits: Limits | None = None,
    room: Room = _USUAL,
    rules: Rules = _PATIENCE,
) -> AsyncIterator[Server]:
    """Open a home's jobs and users, and hand its jobs out until the block ends; the engine stays the caller's.

    The wall is asked for as soon as the home is ours. Raise StorageError when another server has the home.
    """
    loop, parts = asyncio.get_running_loop(), _Parts()
    limits = limits or Limits()
    queue = QueueLimits(each=limits.queued_jobs)
    store = JobStore(engine.home.jobs, parts.pass_on, limits=queue, deliver=loop.call_soon_threadsafe)
    try:
        wall = make_wall()
        users = Users(engine.home.root, os.environ.get("GRAPHFLOW_TOKEN"))
        parts.hub = hub = Hub(store)
        blobs = BlobFolder(engine.home.artifacts)
        chore = partial(clean, engine.home, store, room)
        keeper = Keeper(store, blobs, room.retention, parts.forget, engine.home.names, chore)
        dispatcher = Dispatcher(store, workers, hub.tell, rules=rules, user_of=users.folder_of, keeper=keeper)
        parts.dispatcher = dispatcher
        hub.on_previews = dispatcher.show
        parts.server = server = Server(engine.home, engine, store, blobs, dispatcher, hub, users, limits, wall)
        await dispatcher.start()
        try:
            server.lifecycle.ready = True
            yield server
        finally:
            await wind_down(server)
            await asyncio.to_thread(server.close)
    finally:
        await asyncio.to_thread(store.close)


async def wind_down(server: Server, grace: float = GRACE) -> None:
    """Take nothing new, let running jobs finish or put them back within `grace` seconds, then end all streams."""
    if not server.lifecycle.stopping:
        server.lifecycle.stopping = True
        await server.dispatcher.stop(grace)
        server.hub.close()


class _Parts:
    """Those who hear of stored events; there are none while the store opens."""

    hub: Hub | None = None
    dispatcher: Dispatcher | None = None
    server: Server | None = None

    def pass_on(self, events: Sequence[StoredEvent]) -> None:
        if self.hub is not None:
            self.hub.deliver(events)
        if self.dispatcher is not None:
            self.dispatcher.notice(events)

    def forget(self, deleted: Deleted) -> None:
        """Remove what was kept beside jobs and bytes that are gone."""
        if self.server is not None:
            forget_journals(self.server.home, deleted.jobs)
            for sha256 in deleted.orphans:
                self.server.thumbnails.forget(sha256)
