"""Saved workflows as clients see them: the library, revisions, drafts, and a workflow as a function."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from graphflow.wire.base import Message
from graphflow.wire.jobs import Name
from graphflow.wire.problems import ProblemItem

RevisionId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PortSummary(Message):
    """A named input or output of a workflow, and the type of what goes there; null where its node is not known."""

    name: str
    type: str | None


class WorkflowEntry(Message):
    """A workflow in the library. `title` and `description` are its own words; `name` is where it lies.

    A `template` ships with GraphFlow and is never changed; one's own of the same name stands before it. A file that
    cannot be read is listed with its `problems`. `modified` is in seconds since 1970.
    """

    name: str
    folder: str
    template: bool
    title: str | None
    description: str | None
    modified: float
    revision: str
    nodes: int
    inputs: list[PortSummary]
    outputs: list[PortSummary]
    picture: str | None
    problems: list[ProblemItem]


class WorkflowList(Message):
    """All workflows: one's own, then the templates."""

    workflows: list[WorkflowEntry]


class DraftEntry(Message):
    """What was not saved yet. `base` is the revision that it was made from; null for something new."""

    name: str
    base: str | None
    modified: float


class DraftList(Message):
    """All drafts."""

    drafts: list[DraftEntry]


class WorkflowDocument(Message):
    """A workflow with its revision, which a change has to name.

    `workflow` is brought up to date with the node types that are installed; null where the file cannot be read, and
    then `text` is what stands in it. `problems` are those of reading, not of running: see `validate`.
    """

    name: str
    template: bool
    revision: str
    modified: float
    workflow: dict[str, Any] | None
    text: str | None = None
    problems: list[ProblemItem]
    draft: DraftEntry | None = None


class SaveWorkflow(Message):
    """A workflow to save. It need not be fit to run, but it must be a readable document."""

    workflow: dict[str, Any]


class SaveDraft(Message):
    """Something unfinished to keep: any object. `base` is the revision that it was made from."""

    workflow: dict[str, Any]
    base: RevisionId | None = None


class DraftDocument(Message):
    """A draft as it was kept. `problems` say what would keep it from being saved as a workflow."""

    name: str
    base: str | None
    modified: float
    workflow: dict[str, Any]
    problems: list[ProblemItem]


class MoveWorkflow(Message):
    """Another name: `portraits/evening` lies in the folder `portraits`."""

    to: Name


class RevisionEntry(Message):
    """A state that a workflow had. `found`: another program had changed the file."""

    id: str
    at: float
    cause: Literal["saved", "found", "restored"]
    size: int


class RevisionList(Message):
    """A workflow's revisions, newest first; the first is what it is now."""

    revisions: list[RevisionEntry]


class RestoreRevision(Message):
    """Which revision to bring back; that makes a new one."""

    revision: RevisionId


class DeletedEntry(Message):
    """A workflow in the bin, under an id of its own."""

    id: str
    name: str
    deleted: float


class DeletedList(Message):
    """What lies in the bin, the last deleted first."""

    workflows: list[DeletedEntry]


class RestoreDeleted(Message):
    """Take a workflow out of the bin, under its old name or another."""

    to: Name | None = None


class WhichWorkflow(Message):
    """Which of two of one name is meant: by default one's own, else the template."""

    source: Literal["own", "template"] | None = None


class ValidateWorkflow(Message):
    """A graph, or a saved workflow by its name, with the values at its named inputs; nothing is run."""

    workflow: dict[str, Any] | Name
    inputs: dict[str, Any] = Field(default_factory=dict)
    targets: list[str] | None = None


class RunInputs(Message):
    """The workflow's named inputs, each a field: what its schema describes. Those that are left out stay as saved.

    The value of an input that takes a file may be `{"artifact": sha256}`.
    """

    model_config = ConfigDict(extra="allow")


class RunQuery(Message):
    """How to run a workflow, apart from what it is given; as in `POST /jobs`."""

    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    label: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=32)] = Field(
        default_factory=list
    )
    time_limit: Annotated[float, Field(gt=0)] | None = None
    held: bool = False


class PortCheck(Message):
    """An output of a node, and what is known of its value before it is computed, such as a model's family."""

    name: str
    type: str
    list: bool
    facts: dict[str, str | int | float | bool | None]


class NodeCheck(Message):
    """A sound node by its path (`outer/inner` in subgraphs). `cached`: its result lies on disk, so it need not run.

    `needed` is false for a node that only cached ones read: it does not run either.
    """

    node: str
    type: str
    outputs: list[PortCheck]
    cached: bool
    needed: bool
    notes: dict[str, str]


class Validation(Message):
    """What would come of running a workflow: every problem, or the work to do."""

    sound: bool
    problems: list[ProblemItem]
    nodes: list[NodeCheck]
    inputs: list[PortSummary]
    outputs: list[PortSummary]


class Converted(Message):
    """The workflow that some bytes hold, brought up to date."""

    workflow: dict[str, Any]
    problems: list[ProblemItem]
    inputs: list[PortSummary]
    outputs: list[PortSummary]
