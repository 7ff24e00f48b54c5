"""What happens while a workflow runs, as frozen values: the one vocabulary of executor, CLI, server and editor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PASSING = ConfigDict(cache_strings="keys")
"""For what reads messages for months: else pydantic keeps values too, 16,384 of them, in case that they come again."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeStarted(_Event):
    """A node begins to compute."""

    kind: Literal["node.started"] = "node.started"
    node: str
    type: str


class NodeProgress(_Event):
    """A node has done so many of its steps.

    It has worked for `seconds`; `remaining` estimates how many more it takes, None while nobody can know.
    """

    kind: Literal["node.progress"] = "node.progress"
    node: str
    done: int
    total: int
    seconds: float = 0.0
    remaining: float | None = None


class NodePreview(_Event):
    """A picture of unfinished work; droppable, never stored."""

    kind: Literal["node.preview"] = "node.preview"
    node: str
    media_type: str
    data: bytes


class NodeLogged(_Event):
    """A line that a node wants people to read."""

    kind: Literal["node.logged"] = "node.logged"
    node: str
    message: str


class NodeFinished(_Event):
    """A node's result is there: computed (`ran`), found (`cached`), or left out because an input was blocked (`blocked`)."""

    kind: Literal["node.finished"] = "node.finished"
    node: str
    how: Literal["ran", "cached", "blocked"]
    seconds: float = 0.0
    reason: str | None = None


class ArtifactSaved(_Event):
    """A node saved a file: `output` files are for keeps, `preview` files may vanish."""

    kind: Literal["artifact.saved"] = "artifact.saved"
    node: str
    purpose: Literal["output", "preview"]
    sha256: str
    media_type: str
    size: int
    name: str
    path: str


Event = Annotated[
    NodeStarted | NodeProgress | NodePreview | NodeLogged | NodeFinished | ArtifactSaved,
    Field(discriminator="kind"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
