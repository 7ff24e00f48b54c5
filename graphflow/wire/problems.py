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
        """Return a problem as it travels: half characters, which a broken header or name may hold, have no UTF-8."""
        message, node, input, hint = map(_sound, (problem.message, problem.node, problem.input, problem.hint))
        return cls(code=problem.code, message=message or "", node=node, input=input, hint=hint)


class ProblemList(Message):
    """The body of every answer that is no success, with all problems that were found."""

    problems: list[ProblemItem]


def _sound(text: str | None) -> str | None:
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()
