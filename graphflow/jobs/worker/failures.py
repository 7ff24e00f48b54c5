"""Says in one problem why a job failed, to the person who must act."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from graphflow.errors import GraphFlowError, NodeError, NodeFailed, Problem, StorageError
from graphflow.jobs.worker.texts import plain_problem

LOG: Final = logging.getLogger("graphflow.worker")
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def problem_of(job: str, error: BaseException) -> Problem:
    """Return what went wrong with a job. What nobody foresaw is written to the worker's log, with its traceback."""
    problem = _problem(error)
    if _is_unforeseen(error):
        LOG.error("job %s failed: %s", job, problem, exc_info=error)
        problem = replace(problem, hint="the worker's log shows where")
    if any(isinstance(each, OSError) and each.errno in _FULL for each in _causes(error)):
        problem = replace(problem, code="disk-full", hint=problem.hint or "free some space and try again")
    return plain_problem(problem)


def _problem(error: BaseException) -> Problem:
    if not isinstance(error, GraphFlowError):
        return Problem("internal", f"the worker met something unforeseen: {type(error).__name__}")
    first, *others = error.problems
    if not others:
        return first
    more = "one more problem" if len(others) == 1 else f"{len(others)} more problems"
    return replace(first, message=f"{first.message} (and {more})")


def _is_unforeseen(error: BaseException) -> bool:
    if isinstance(error, NodeFailed):
        return error.problem.code == "node-failed" and not isinstance(error.__cause__, NodeError | StorageError)
    return not isinstance(error, GraphFlowError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
