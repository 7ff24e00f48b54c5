"""What every worker offers, and the words that pass between it and whoever hands out the jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from graphflow.api import DeviceMemory, Held
from graphflow.errors import GraphFlowError, Problem
from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.events import WorkerEvent
from graphflow.jobs.model import KeptArtifact


class WorkerDied(GraphFlowError):
    """A worker ended while it had jobs, or could not be started; the message says how."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Who a worker is. It runs at most `slots` jobs at once; `pid` is None where it has no process of its own."""

    name: str
    kind: str
    device: str
    slots: int
    pid: int | None


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What a worker holds in memory, and why; `rss` is its process's resident bytes.

    `memory` is that of its device, None until something of a pack that knows it was used.
    """

    held: tuple[Held, ...]
    rss: int
    memory: DeviceMemory | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at a job, with all that a worker has to know of it.

    `body` is the stored request: `{"workflow": {...}, "inputs": {...}}`. `user` names whose folders it reads and
    writes; None is the owner of the home. `kept` is what earlier attempts of this job have saved already.
    """

    job: str
    attempt: int
    body: str
    user: str | None = None
    kept: tuple[KeptArtifact, ...] = ()


class _Ending(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JobDone(_Ending):
    """The job ended well; `outputs` are its named outputs as the HTTP API shows them."""

    kind: Literal["job.done"] = "job.done"
    outputs: dict[str, Any]


class JobFailed(_Ending):
    """The job ended with a problem."""

    kind: Literal["job.failed"] = "job.failed"
    problem: Problem


class JobStopped(_Ending):
    """The job stopped because it was cancelled."""

    kind: Literal["job.stopped"] = "job.stopped"


class GaveBack(_Ending):
    """The worker is being stopped and did not finish the job: it is to be run again, and the job is not to blame."""

    kind: Literal["job.given_back"] = "job.given_back"


Ending = Annotated[JobDone | JobFailed | JobStopped | GaveBack, Field(discriminator="kind")]
Report: TypeAlias = WorkerEvent | NodeProgress | NodePreview | JobDone | JobFailed | JobStopped | GaveBack
"""What a running job says. The last one is an ending, and nothing comes after it."""
ENDINGS: Final = (JobDone, JobFailed, JobStopped, GaveBack)


class Worker(Protocol):
    """Runs jobs, up to `info.slots` at once. All methods are called from one event loop."""

    @property
    def info(self) -> WorkerInfo:
        """Who this is."""

    async def start(self) -> None:
        """Get ready to run jobs, after the making, a death or a stop alike; raise WorkerDied."""

    def run(self, task: Task) -> AsyncIterator[Report]:
        """Run a job and say what happens, an ending last.

        Raise WorkerDied when the worker ends before. Reports of one job come in order; previews may be missing.
        """

    def cancel(self, job: str, attempt: int) -> None:
        """Ask a running job to stop at its next step; once asked, asking again changes nothing."""

    def show(self, previews: bool) -> None:
        """Say whether anybody looks at previews; where nobody does, none are drawn. At first nobody looks."""

    async def drop(self, wanted: int | None = None) -> int:
        """Free so many bytes of memory, by default all that can be spared; return how many were freed."""

    async def status(self) -> WorkerStatus:
        """Say what the worker holds."""

    async def stop(self, grace: float = 10.0) -> None:
        """End the worker: running jobs are given back within `grace` seconds, then it is killed."""

    def kill(self) -> None:
        """End the worker at once; jobs in flight raise WorkerDied."""

    async def gone(self) -> None:
        """Return when the worker has ended, for whatever reason."""
