"""The server itself: what it is made of, what it holds in memory, and its cache."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from graphflow.wire.base import Message
from graphflow.wire.nodes import PackEntry
from graphflow.wire.problems import ProblemItem


class Platform(Message):
    """The machine that the server runs on; `memory` is in bytes, null where the system does not tell."""

    system: str
    machine: str
    python: str
    processors: int
    memory: int | None


class DeviceEntry(Message):
    """The device that a worker really uses, and the bytes of memory that it has and that are free."""

    device: str
    total: int | None
    free: int | None


class WorkerEntry(Message):
    """A worker: `starting`, `idle`, `busy`, `restarting`, `broken` or `stopped`, and why; `jobs` are how many it runs.

    `device` is what was asked for, such as `auto`; `memory` tells the one in use, once a job has used it.
    """

    name: str
    kind: str
    device: str
    slots: int
    state: str
    jobs: int
    deaths: int
    message: str | None
    pid: int | None
    memory: DeviceEntry | None


class UserEntry(Message):
    """Who asks."""

    name: str
    admin: bool


class Places(Message):
    """Where the server keeps what, on its disk; for administrators only."""

    home: str
    models: list[str]
    input: str
    output: str
    workflows: str


class System(Message):
    """The server: versions, packs, machine, workers, limits. `uptime` is in seconds."""

    version: str
    libraries: dict[str, str]
    packs: list[PackEntry]
    problems: list[ProblemItem]
    platform: Platform
    devices: list[str]
    workers: list[WorkerEntry]
    uptime: float
    limits: dict[str, int | float]
    user: UserEntry
    places: Places | None


class HeldEntry(Message):
    """One thing in memory: what it is, how many bytes, where, and why it stays."""

    name: str
    bytes: int
    where: str
    why: str


class WorkerMemory(Message):
    """What one worker holds; `rss` are all bytes of its process. `problem` says why it did not answer."""

    worker: str
    device: str
    rss: int | None
    held: list[HeldEntry]
    problem: str | None


class Memory(Message):
    """What holds how many bytes, and why. `server` are all bytes of the process that answers."""

    server: int | None
    workers: list[WorkerMemory]
    held: int


class FreeMemory(Message):
    """Free at least so many bytes of every worker, or of one; by default all that can be spared."""

    bytes: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    worker: str | None = None


class Freed(Message):
    """Bytes that became free, by worker; `problems` are those of workers that did not answer."""

    bytes: dict[str, int]
    problems: list[ProblemItem]


class CacheFloor(Message):
    """One floor of the cache: results in it, their bytes, the most that it may have, and how it fares since the start.

    `dropped` results found no place; `damaged` ones were thrown away instead of served.
    """

    entries: int
    bytes: int
    budget: int
    hits: int
    misses: int
    dropped: int
    damaged: int
    last_error: str | None


class CacheState(Message):
    """Both floors of the server's cache; null for one that is switched off.

    Workers look up results in processes of their own: hits and misses of the disk are those of this process alone.
    """

    memory: CacheFloor | None
    disk: CacheFloor | None
