"""Puts the server together out of its parts, and takes it apart again in the right order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from graphflow.engine import Engine
from graphflow.jobs import JobStore
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import StoredEvent
from graphflow.server.guard import Wall
from graphflow.server.hub import Hub
from graphflow.server.limits import Limits
from graphflow.server.state import Server
from graphflow.server.users import Users

if TYPE_CHECKING:
    from graphflow.jobs.dispatch import Dispatcher

MakeDispatcher = Callable[[JobStore, Hub, Users], "Dispatcher"]
ARTIFACTS = "artifacts"
"""The folder of the blobs, beside the job store."""


@asynccontextmanager
async def open_server(
    engine: Engine, wall: Wall, make_dispatcher: MakeDispatcher, limits: Limits | None = None
) -> AsyncIterator[Server]:
    """Open a home's jobs and users, and hand its jobs out until the block ends; the engine stays the caller's.

    Raise StorageError when another server has the home.
    """
    loop, parts = asyncio.get_running_loop(), _Parts()

    def announce(events: Sequence[StoredEvent]) -> None:
        loop.call_soon_threadsafe(parts.pass_on, events)

    store = JobStore(engine.home.jobs, announce)
    try:
        users = Users(engine.home.root, os.environ.get("GRAPHFLOW_TOKEN"))
        parts.hub = Hub(store)
        parts.dispatcher = make_dispatcher(store, parts.hub, users)
        yield Server(
            home=engine.home,
            engine=engine,
            store=store,
            blobs=BlobFolder(engine.home.jobs / ARTIFACTS),
            dispatcher=parts.dispatcher,
            hub=parts.hub,
            users=users,
            limits=limits or Limits(),
            wall=wall,
        )
    finally:
        await asyncio.to_thread(store.close)


class _Parts:
    """Those who hear of stored events; there are none while the store opens."""

    hub: Hub | None = None
    dispatcher: Dispatcher | None = None

    def pass_on(self, events: Sequence[StoredEvent]) -> None:
        if self.hub is not None:
            self.hub.deliver(events)
        if self.dispatcher is not None:
            self.dispatcher.notice(events)
