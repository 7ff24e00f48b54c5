"""What the library refuses, and why."""

from __future__ import annotations

from graphflow.errors import GraphFlowError, Problem


class LibraryError(GraphFlowError):
    """Something that the library cannot do; `code` says what."""

    exit_code = 2

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was refused, with its way out."""
        return (Problem(self.code, str(self), hint=self.hint),)


class BadName(LibraryError):
    """A name that no workflow can have."""


class Unknown(LibraryError):
    """There is no such workflow, revision, draft or thing in the bin."""


class Conflict(LibraryError):
    """What is there is not what the caller thought; `current` is its revision, None where there is nothing."""

    def __init__(self, message: str, *, current: str | None, code: str = "conflict", hint: str | None = None) -> None:
        super().__init__(message, code=code, hint=hint)
        self.current = current
