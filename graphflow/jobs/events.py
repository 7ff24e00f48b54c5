"""The events that are stored: what a worker reports and lasts, and what the store itself says about a job."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from graphflow.errors import Problem
from graphflow.events import PASSING, NodeFinished, NodeLogged, NodeStarted
from graphflow.jobs.model import JobState


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArtifactKept(_Event):
    """A node saved a file, whose bytes lie under their hash. No path: clients fetch it by the hash."""

    kind: Literal["artifact.kept"] = "artifact.kept"
    node: str
    purpose: Literal["output", "preview"]
    sha256: str
    media_type: str
    size: int
    name: str
    width: int | None = None
    height: int | None = None


class JobChanged(_Event):
    """A job is in this state now; `problem` says why where there is a reason."""

    kind: Literal["job.state"] = "job.state"
    state: JobState
    attempt: int
    problem: Problem | None = None


class JobCancelling(_Event):
    """Somebody asked a running job to stop."""

    kind: Literal["job.cancelling"] = "job.cancelling"


class ArtifactDeleted(_Event):
    """A job that has ended has no file with these bytes any more."""

    kind: Literal["artifact.deleted"] = "artifact.deleted"
    sha256: str


class JobDeleted(_Event):
    """A job and its events are gone."""

    kind: Literal["job.deleted"] = "job.deleted"


WorkerEvent: TypeAlias = NodeStarted | NodeFinished | NodeLogged | ArtifactKept
"""What a worker may append. Progress and previews are not stored; states change by operations of the store only."""

StoreEvent: TypeAlias = JobChanged | JobCancelling | JobDeleted | ArtifactDeleted
"""What the store itself says about a job."""

LastingEvent = Annotated[WorkerEvent | StoreEvent, Field(discriminator="kind")]

LASTING: TypeAdapter[LastingEvent] = TypeAdapter(LastingEvent, config=PASSING)


class StoredEvent(NamedTuple):
    """An event in the log: `seq` rises over all jobs, `n` counts a job's events from 1 without a gap.

    `body` is the event's JSON as it is stored, ready to be sent on; `client` is whose job it is.
    """

    seq: int
    job: str
    n: int
    attempt: int
    at: float
    body: str
    client: str

    @property
    def event(self) -> LastingEvent:
        """The event, read from its JSON."""
        return LASTING.validate_json(self.body)
