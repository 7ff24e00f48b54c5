"""The words of the job store as frozen values: what a job, an attempt and a kept artifact are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from graphflow.errors import Problem


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
WAITING = frozenset({JobState.QUEUED, JobState.HELD})

TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.HELD, JobState.RUNNING, JobState.CANCELLED}),
    JobState.HELD: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}
"""Which state may follow which. A failed or cancelled job may be tried again; a done one stays done."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What somebody asks for. `body` is the request's JSON as text, kept as it came, so no number in it is rounded.

    `time_limit` is in seconds of running, `name` is the workflow's, for people. The same `idempotency_key` of a client gives the same job again, where
    `fingerprint`, by default the body, is the same too.
    """

    body: str
    client: str = "local"
    priority: int = 0
    labels: tuple[str, ...] = ()
    idempotency_key: str | None = None
    time_limit: float | None = None
    held: bool = False
    name: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many jobs may wait, held ones too, of each client and in all; None is as many as there are."""

    each: int | None = None
    all: int | None = None


class Job(NamedTuple):  # of all that is read and changed, the most: a frozen dataclass takes three times as long
    """A job as it stands now. Times are seconds since 1970, for people; nothing is decided by them.

    `place` orders the jobs of one client that have equal priority. An `alone` job was in flight when a worker died and
    runs with no other beside it; `deaths_alone` counts the workers that died while they ran nothing else.
    """

    number: int
    id: str
    client: str
    state: JobState
    priority: int
    place: int
    labels: tuple[str, ...]
    time_limit: float | None
    created: float
    started: float | None = None
    finished: float | None = None
    attempt: int = 0
    worker: str | None = None
    alone: bool = False
    deaths_alone: int = 0
    cancelling: bool = False
    events: int = 0
    problem: Problem | None = None
    outputs: Mapping[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker has to run now; what it writes must name this attempt."""

    job: Job
    body: str

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        return self.job.attempt


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a job: by which worker, when, and how it ended (`lost`, `returned`, or the job's state)."""

    job: str
    number: int
    worker: str
    started: float
    ended: float | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """A file that a node of a job made; its bytes lie under their hash. Width and height are in pixels."""

    job: str
    attempt: int
    node: str
    name: str
    purpose: str
    sha256: str
    media_type: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion took away: jobs, and hashes of artifacts that no other job has."""

    jobs: tuple[str, ...]
    orphans: frozenset[str]
