"""What a server would be without one of the cares that it takes of its home, its files and its end."""

from __future__ import annotations

import os
from typing import Any

from graphflow.jobs import database, lock
from graphflow.jobs.blobs import BlobFolder
from graphflow.server import serve
from graphflow.server.assemble import wind_down
from graphflow.server.serve import Signals
from graphflow.server.streams.hub import Hub
from tests.reliability.sabotage.swap import swap


def hear_once(grace: str) -> None:
    """Hear the first signal only, and give running jobs so many seconds."""
    swap(Signals, heard=lambda self: self.stop.set())
    swap(serve, wind_down=lambda server: wind_down(server, float(grace)))


def lock_nothing(_: str) -> None:
    """Let everybody have every home."""
    swap(lock, lock=lambda _: True)


def open_anything(_: str) -> None:
    """Open databases of programs that come later, too."""
    swap(database, check_header=lambda *_: None, check_version=lambda *_: None)


def trust_blobs(_: str) -> None:
    """Believe that bytes which were kept once are there."""
    swap(BlobFolder, find=BlobFolder._path, sound=BlobFolder._path)


def leak_files(_: str) -> None:
    """Leave some files open for each who listened."""
    subscribe = Hub.subscribe

    def leaking(self: Hub, *arguments: Any, **more: Any) -> Any:
        for _ in range(5):
            os.open(os.devnull, os.O_RDONLY)
        return subscribe(self, *arguments, **more)

    swap(Hub, subscribe=leaking)
