"""What goes wrong between a program and a server."""

from __future__ import annotations

from collections.abc import Sequence

from graphflow.errors import GraphFlowError, Problem
from graphflow.wire.jobs import Job


class ApiError(GraphFlowError):
    """The server refused: the HTTP status says of which kind the reason is, `problems` say all of what is wrong.

    `retry_after` is how many seconds the server wants to be left alone, where it says so.
    """

    def __init__(self, status: int, problems: Sequence[Problem], retry_after: float | None = None) -> None:
        super().__init__("\n".join(map(str, problems)) or f"the server answered {status}")
        self.status = status
        self.retry_after = retry_after
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems that the server found."""
        return self._problems


class Unreachable(GraphFlowError):
    """No server answered, or what answered is no GraphFlow server."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was tried, and the way out."""
        return (Problem("unreachable", str(self), hint=self.hint),)


class JobNotDone(GraphFlowError):
    """A job has no outputs, because it failed or was cancelled; `job` is how it ended."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"job {job.id} {job.state.value}: {job.problem.message}" if job.problem else _plain(job))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the job has no outputs."""
        if self.job.problem is None:
            return (Problem(f"job-{self.job.state.value}", str(self)),)
        return (Problem(**self.job.problem.model_dump()),)


def _plain(job: Job) -> str:
    return f"job {job.id} was {job.state.value}"
