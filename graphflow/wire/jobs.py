"""Jobs as clients see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from graphflow.jobs.model import JobState
from graphflow.wire.base import Message
from graphflow.wire.problems import ProblemItem

Name = Annotated[str, Field(min_length=1, max_length=200)]


class SubmitJob(Message):
    """Run a graph, or a saved workflow by its name, with these values at its named inputs.

    The value of an input that takes a file may be `{"artifact": sha256}`: what a job has made, or what was uploaded.
    `targets` computes only these nodes or outputs. `time_limit` is in seconds of running. A `deterministic` job shares
    no forward with jobs beside it, so that what it computes is equal to the last bit whatever else runs.
    """

    workflow: dict[str, Any] | Name
    inputs: dict[str, Any] = Field(default_factory=dict)
    targets: list[str] | None = None
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    labels: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=32)] = Field(
        default_factory=list
    )
    time_limit: Annotated[float, Field(gt=0)] | None = None
    held: bool = False
    deterministic: bool = False


class JobTicket(Message):
    """A job that was stored: it will finish, fail or be cancelled, whatever happens to the server."""

    id: str
    state: JobState


class OutputFile(Message):
    """A file that a job made; fetch it under its hash. Width and height are in pixels."""

    sha256: str
    media_type: str
    name: str
    size: int
    width: int | None = None
    height: int | None = None


class OutputValue(Message):
    """An output that is no file: a text, a number, yes or no; null where the value cannot be written as JSON."""

    value: Any
    type: str | None = None


class JobProgress(Message):
    """How far a running job is: nodes that have ended of all, and the step of the node that works now.

    `seconds` is how long that node has worked, `remaining` an estimate for its rest.
    """

    nodes_done: int
    nodes_total: int
    node: str | None = None
    done: int | None = None
    total: int | None = None
    seconds: float | None = None
    remaining: float | None = None


class Job(Message):
    """A job as it stands. Times are seconds since 1970; `position` counts the claims until it is its turn, from 0."""

    id: str
    state: JobState
    client: str
    name: str | None = None
    priority: int
    labels: list[str]
    created: float
    started: float | None
    finished: float | None
    attempt: int
    cancelling: bool
    position: int | None
    progress: JobProgress | None
    problem: ProblemItem | None
    outputs: dict[str, list[OutputFile] | OutputValue] | None


class JobPage(Message):
    """Some jobs, newest first; `next` is the cursor of those behind them, null where there are none."""

    jobs: list[Job]
    next: int | None


class JobQuery(Message):
    """Which jobs are listed: all that agree with everything that is given.

    `state` may stand several times. Times are seconds since 1970. An administrator sees everybody's, or
    those of one `client`.
    """

    state: list[JobState] | None = None
    label: Annotated[str, Field(max_length=100)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    client: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    created_from: Annotated[float, Field(strict=False)] | None = None
    created_before: Annotated[float, Field(strict=False)] | None = None
    cursor: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class WhoseJobs(Message):
    """Whose jobs are meant: one's own; an administrator may name another client."""

    client: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ChangeJob(Message):
    """What is changed of a job that waits."""

    priority: Annotated[int, Field(ge=-1000, le=1000)]


class MoveJob(Message):
    """Where a job that waits goes among its client's: before another, or to an end. It takes the priority there."""

    before: str | None = None
    to: Literal["front", "back"] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> MoveJob:
        if (self.before is None) == (self.to is None):
            raise PydanticCustomError("one_place", "give either `before` or `to`")
        return self


class JobsChanged(Message):
    """To how many jobs something was done."""

    jobs: int


class JobRequest(Message):
    """What a job was asked to do: the workflow with its inputs set as they were, and what was to be computed."""

    workflow: dict[str, Any]
    targets: list[str] | None
