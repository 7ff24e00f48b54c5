"""Makes texts that come from foreign code fit to be stored and sent: half characters become escapes."""

from __future__ import annotations

from dataclasses import replace

from graphflow.errors import Problem


def plain(text: str) -> str:
    """Return a text that can be written as UTF-8, itself where it can be already."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_problem(problem: Problem) -> Problem:
    """Return a problem whose texts can be written as UTF-8."""
    node, input, hint = (None if each is None else plain(each) for each in (problem.node, problem.input, problem.hint))
    return replace(problem, message=plain(problem.message), node=node, input=input, hint=hint)
