"""What the server is made of, handed to every handler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from graphflow.engine import Engine
from graphflow.home import Home
from graphflow.jobs import JobStore
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.dispatch import Dispatcher
from graphflow.server.files.thumbnails import Thumbnails
from graphflow.server.limits import Limits
from graphflow.server.requests.acceptance import Acceptance
from graphflow.server.room import thumbnails_of
from graphflow.server.streams.hub import Hub
from graphflow.server.wall.guard import Wall
from graphflow.server.wall.users import User, Users


@dataclass(slots=True)
class Lifecycle:
    """Where the server is between its start and its end."""

    ready: bool = False
    """Requests are served and jobs are run."""
    stopping: bool = False
    """Nothing that changes anything is taken any more."""
    connections: Callable[[], int] = lambda: 0
    """How many connections are open now."""
    since: float = field(default_factory=time.monotonic)
    """When the server started, by the clock that nobody sets."""


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of a running server. The engine plans and reads; it never runs a node here."""

    home: Home
    engine: Engine
    store: JobStore
    blobs: BlobFolder
    dispatcher: Dispatcher
    hub: Hub
    users: Users
    limits: Limits
    wall: Wall
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    acceptance: Acceptance = field(default_factory=Acceptance)
    thumbnails: Thumbnails = field(init=False)

    def __post_init__(self) -> None:
        """Find the place for thumbnails."""
        object.__setattr__(self, "thumbnails", Thumbnails(thumbnails_of(self.home)))

    def close(self) -> None:
        """End the threads that requests are worked on in."""
        self.acceptance.close()
        self.thumbnails.close()

    def engine_of(self, user: User) -> Engine:
        """Return the engine as this user sees it: with their input, output and workflow folders."""
        return self.engine.as_user(user.folder)
