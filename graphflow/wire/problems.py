"""How everything that goes wrong is told: one shape, whatever the status code."""

from __future__ import annotations

from graphflow.errors import Problem
from graphflow.wire.base import Message


class ProblemItem(Message):
    """One thing that is wrong: a stable code, what, where, and the way out."""

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    hint: str | None = None

    @classmethod
    def of(cls, problem: Problem) -> ProblemItem:
        """Return a problem as it travels."""
        return cls(
            code=problem.code, message=problem.message, node=problem.node, input=problem.input, hint=problem.hint
        )


class ProblemList(Message):
    """The body of every answer that is no success, with all problems that were found."""

    problems: list[ProblemItem]
