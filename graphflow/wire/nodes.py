"""Node types as the editor needs them."""

from __future__ import annotations

from typing import Any, Literal

from graphflow.wire.base import Message
from graphflow.wire.problems import ProblemItem

Widget = Literal["integer", "number", "seed", "toggle", "text", "multiline", "choice", "file"]
Arity = Literal["one", "many", "values", "whole_list"]


class FolderEntry(Message):
    """Where the files of an input come from; `/api/v1/models/{name}` lists them.

    `suffixes` are the endings that fit. `bundle`: a whole subfolder that holds such a file counts as one.
    """

    name: str
    suffixes: list[str]
    bundle: str | None


class InputEntry(Message):
    """An input of a node type, in the order of the form.

    `socket` is what may be linked to it; null where only a literal may stand. `widget` is how a literal is entered; null
    where only a link may stand. `arity`: one value; `many` links; `values`, a list of literals; or a `whole_list` at once.
    `minimum` and `maximum` are allowed themselves, and `step` is a slider's. `mentions` names the folder of files that
    the text may name.
    """

    name: str
    type: str
    socket: str | None
    widget: Widget | None
    arity: Arity
    required: bool
    default: Any
    lazy: bool
    minimum: int | float | None
    maximum: int | float | None
    step: float | None
    options: list[str] | None
    folder: FolderEntry | None
    mentions: str | None


class OutputEntry(Message):
    """An output of a node type; a `list` gives many values, each to a call of its own of what reads it."""

    name: str
    type: str
    list: bool


class NodeEntry(Message):
    """A node type. `also` are other names that files may use; one that `saves` runs in every job.

    `description` is its help text, whose first paragraph says it in one sentence.
    """

    id: str
    category: str
    pack: str
    description: str
    also: list[str]
    version: int
    revision: int
    saves: bool
    inputs: list[InputEntry]
    outputs: list[OutputEntry]


class SocketEntry(Message):
    """A type of link, and which types of inputs it may feed, itself among them. `*` stands for anything."""

    name: str
    feeds: list[str]


class PackEntry(Message):
    """A node pack, and how many node types it brings."""

    name: str
    version: str
    nodes: int


class NodeList(Message):
    """All node types by name, the types of links, and the packs; `problems` are those of packs that did not load."""

    nodes: list[NodeEntry]
    sockets: list[SocketEntry]
    packs: list[PackEntry]
    problems: list[ProblemItem]
