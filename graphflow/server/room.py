"""How long and how much a server keeps, and what holds it to that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from graphflow.home import Home
from graphflow.jobs import JobStore
from graphflow.jobs.dispatch import Retention
from graphflow.jobs.model import JobState
from graphflow.jobs.reading import Filter
from graphflow.trimming import files_in, trim

GRACE = 3600.0
"""Seconds for which a file in a temp folder is spared, as a job or its client may yet read it."""
_RUNNING = Filter(states=(JobState.RUNNING,))
_MOST_RUNNING = 500


@dataclass(frozen=True, slots=True)
class Room:
    """Jobs and what they made are kept as `retention` says; `temp` is in bytes of each user, `thumbnails` of all."""

    retention: Retention = field(default_factory=Retention)
    temp: int = 1 << 30
    thumbnails: int = 1 << 30


def clean(home: Home, store: JobStore, room: Room) -> None:
    """Delete the oldest temporary files and thumbnails beyond the room for them.

    What was written since the first of the jobs that run was begun stays, and what is younger than an hour.
    """
    trim(partial(files_in, thumbnails_of(home)), room.thumbnails)
    begun = [job.started for job in store.list(_RUNNING, limit=_MOST_RUNNING).jobs if job.started is not None]
    spared = min([time.time() - GRACE, *begun])
    for folder in _temp_folders(home):
        trim(partial(files_in, folder), room.temp, spared=int(spared * 1e9))


def thumbnails_of(home: Home) -> Path:
    """Return the folder of small pictures that were drawn."""
    return home.cache / "thumbnails"


def _temp_folders(home: Home) -> Iterator[Path]:
    yield home.temp
    yield from (home.root / "users").glob("*/temp")
