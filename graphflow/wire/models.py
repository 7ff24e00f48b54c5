"""Files that nodes may choose: checkpoints and other models, and pictures to load."""

from __future__ import annotations

from typing import Literal

from graphflow.wire.base import Message
from graphflow.wire.nodes import FolderEntry


class ModelFolder(Message):
    """A kind of file, and how many there are. `used_by` are the node inputs that take them, as `Node.input`.

    `places` are the folders on the server's disk, the first before the others; only administrators see them.
    """

    name: str
    files: int
    fits: list[FolderEntry]
    used_by: list[str]
    places: list[str] | None


class ModelFolderList(Message):
    """All kinds of files that some node takes."""

    folders: list[ModelFolder]


class ModelEntry(Message):
    """A file or bundle. `facts` are what its header says, such as `family`; `problem` says why it cannot be used.

    `sha256` is null until somebody asked for it or a job has used it; `path` is for administrators.
    """

    folder: str
    name: str
    kind: Literal["file", "bundle"]
    size: int
    modified: float
    facts: dict[str, str | int | float | bool | None]
    problem: str | None
    sha256: str | None
    path: str | None


class ModelList(Message):
    """The files of one kind, by name."""

    models: list[ModelEntry]


class ModelQuery(Message):
    """Narrow the list to what fits one input: `node` and `input`, as in `/nodes`."""

    node: str | None = None
    input: str | None = None
