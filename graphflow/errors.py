"""Everything that GraphFlow raises on purpose.

GraphFlowError
├── WorkflowError     the workflow, its inputs or the arguments are wrong; holds every Problem (exit code 2)
├── NodeFailed        a node raised while it ran; the cause is chained (exit code 1)
├── NodeError         raised by a node on purpose, for the person who wired the graph (becomes a NodeFailed)
├── RunCancelled      somebody asked to stop (exit code 130)
├── StorageError      a disk would not take or give back what it should (exit code 1)
├── JobError          a job cannot do what was asked
│   ├── UnknownJob    there is no such job
│   ├── JobConflict   it is in the wrong state, or an idempotency key stands for another request
│   ├── QueueFull     as many jobs wait as may wait; say it again later
│   └── StaleAttempt  a worker wrote for an attempt that is over
└── PackError         a node pack is malformed
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, and the way out."""

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = ".".join(part for part in (self.node, self.input) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.hint})" if self.hint else text

    def to_json(self) -> dict[str, str | None]:
        """Return the problem as plain data, with every field present."""
        return asdict(self)


class GraphFlowError(Exception):
    """The root of all errors that GraphFlow raises on purpose."""

    exit_code = 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What to show to a person; every error has at least one."""
        return (Problem("failed", str(self)),)


class WorkflowError(GraphFlowError):
    """A workflow that cannot run, with all of its problems."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._problems = tuple(problems)
        super().__init__("\n".join(map(str, self._problems)))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems that were found, in the order of the workflow."""
        return self._problems


class NodeFailed(GraphFlowError):
    """A node raised while it ran; `__cause__` is what it raised."""

    def __init__(self, node: str, type_id: str, problem: Problem) -> None:
        super().__init__(f"{node} ({type_id}): {problem.message}")
        self.node = node
        self.type_id = type_id
        self.problem = problem

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The one problem that ended the run."""
        return (self.problem,)


class NodeError(GraphFlowError):
    """Raised by a node on purpose: the message is for the person who wired the graph.

    `input` names the input that is to blame, `hint` the way out.
    """

    def __init__(self, message: str, *, code: str = "node-failed", input: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.code = code
        self.input = input
        self.hint = hint


class RunCancelled(GraphFlowError):
    """Somebody asked the run to stop."""

    exit_code = 130


class StorageError(GraphFlowError):
    """A disk would not take, or give back, what it should."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The storage problem with its way out."""
        return (Problem("storage", str(self), hint=self.hint),)


class StorageBusy(StorageError):
    """Another program holds what should be written; nothing was changed, and later it may go."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problem with its way out."""
        return (Problem("storage-busy", str(self), hint=self.hint),)


class JobError(GraphFlowError):
    """A job cannot do what was asked; `code` says why."""

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was refused, with its way out."""
        return (Problem(self.code, str(self), hint=self.hint),)


class UnknownJob(JobError):
    """There is no such job, or no longer."""

    def __init__(self, job: str) -> None:
        super().__init__(f"there is no job {job!r}", code="unknown-job")


class UnknownArtifact(JobError):
    """A job has no such file, or no longer."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"there is no artifact {sha256[:80]!r}", code="unknown-artifact")


class JobConflict(JobError):
    """A job is in the wrong state for this, or an idempotency key stands for another request."""


class QueueFull(JobError):
    """As many jobs wait as may wait."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="queue-full", hint="wait until some of them have run, or cancel some")


class StaleAttempt(JobError):
    """A worker wrote for an attempt that is over."""

    def __init__(self, job: str, attempt: int) -> None:
        super().__init__(f"attempt {attempt} of job {job} is over", code="stale-attempt")


class PackError(GraphFlowError):
    """A node pack is malformed."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint that names what is near, or None when nothing is."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(folded[each]) for each in near)}?" if near else None
