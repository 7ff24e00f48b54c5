"""What others may see of the dispatcher: its workers, how far a job is, and what passes without being stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.worker import Worker, WorkerInfo

Transient: TypeAlias = NodeProgress | NodePreview
Tell: TypeAlias = Callable[[str, str, int, Transient], None]
"""Called on the loop with a job, its client, its attempt, and what is not stored."""


class WorkerState(StrEnum):
    """What a worker is doing. A `broken` one could not be started: it is tried again, and jobs wait."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    RESTARTING = "restarting"
    BROKEN = "broken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker as it stands. `message` says why it is restarting or broken; `deaths` counts since the server started.

    `held_back` is in how many seconds it is started again, None where that need not be waited for.
    """

    worker: Worker
    info: WorkerInfo
    state: WorkerState
    jobs: tuple[str, ...]
    deaths: int
    message: str | None
    held_back: float | None = None

    @property
    def takes_jobs(self) -> bool:
        """Say whether a job that is submitted now is begun now, or after those before it.

        A worker that is being started counts; one that could not be, or that dies again and again, does not.
        """
        return self.held_back is None and self.state not in (WorkerState.BROKEN, WorkerState.STOPPED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is: nodes that have ended, of all in its workflow, and the node that works now.

    `last` is the step that this node told last, None while it has told none.
    """

    attempt: int
    nodes_done: int
    nodes_total: int
    node: str | None
    last: NodeProgress | None
