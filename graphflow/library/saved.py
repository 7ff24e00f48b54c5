"""What the library hands out: a workflow as saved, a draft, and what lies in the bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from graphflow.document import LIMITS, Workflow, dump, parse
from graphflow.errors import Problem, WorkflowError


@dataclass(frozen=True, slots=True)
class Saved:
    """A workflow as its file stands. `modified` is in seconds since 1970.

    `text` is its one way of being written; where the file cannot be read, `workflow` is None, `problems` says why, and
    `text` is what stands in the file. `revision` is the sha256 of `text`.
    """

    name: str
    template: bool
    text: bytes
    revision: str
    modified: float
    workflow: Workflow | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A workflow's file without a look into it; `stamp` (size, times, inode) changes when the file or its permissions do."""

    name: str
    template: bool
    path: Path
    stamp: tuple[int, ...]

    def read(self) -> Saved | None:
        """Return what it holds; None when it is gone, or cannot be opened at all."""
        try:
            return read_saved(self.path, self.name, template=self.template)
        except WorkflowError:
            return None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody had not saved yet. `base` is the revision that it was made from; None for something new."""

    name: str
    document: Mapping[str, Any]
    base: str | None
    modified: float


@dataclass(frozen=True, slots=True)
class Trashed:
    """A workflow in the bin, under an id of its own: names may be there twice."""

    id: str
    name: str
    deleted: float


def read_saved(path: Path, name: str, *, template: bool = False) -> Saved | None:
    """Return what a file holds, sound or not; None when there is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMITS.bytes + 1)
        modified = path.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise WorkflowError([Problem("unreadable", f"{name} cannot be read: {error.strerror or error}")]) from error
    if len(data) > LIMITS.bytes:
        raise WorkflowError([Problem("too-large", f"{name} is larger than {LIMITS.bytes:,} bytes")])
    problems: tuple[Problem, ...] = ()
    workflow = None
    try:
        workflow = parse(data)
        data = dump(workflow).encode()
    except WorkflowError as error:
        problems = error.problems
    return Saved(name, template, data, revision_of(data), modified, workflow, problems)


def revision_of(text: bytes) -> str:
    """Return the name of a text's revision."""
    return sha256(text).hexdigest()
