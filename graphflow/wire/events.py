"""What streams say in both directions: events, progress, snapshots, and what a client asks for on a WebSocket.

A picture of unfinished work is no JSON: it is a binary frame of the length of a `PreviewHeader` (four bytes, the highest
first), the header as JSON, and the picture.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from graphflow.events import PASSING, NodeProgress
from graphflow.jobs.events import LastingEvent
from graphflow.jobs.model import JobState
from graphflow.wire.base import Message
from graphflow.wire.problems import ProblemItem

JobId = Annotated[str, Field(min_length=1, max_length=100)]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Tag: TypeAlias = Annotated[str, Field(max_length=100)] | None


class StoredMessage(Message):
    """An event that lasts: `seq` rises over all jobs, `n` counts the job's events from 1 without a gap."""

    seq: int
    n: int
    job: str
    attempt: int
    at: float
    event: LastingEvent


class ProgressMessage(Message):
    """How far a node has come. It has no number, is not stored, and only the newest counts."""

    job: str
    attempt: int
    event: NodeProgress


class PreviewHeader(Message):
    """What stands before the bytes of a picture of unfinished work."""

    job: str
    attempt: int
    node: str
    media_type: str


class EventList(Message):
    """A page of events. Ask again with this `after`; `more` says that there is more already.

    `resync`: events behind the given number are gone, so read the jobs themselves anew.
    """

    events: list[StoredMessage]
    after: int
    more: bool
    resync: bool


class Subscribed(Message):
    """A subscription holds: what follows are events behind `after`."""

    kind: Literal["subscribed"] = "subscribed"
    jobs: Literal["all"] | list[str]
    after: int | dict[str, int]
    previews: bool
    id: str | None = None


class Unsubscribed(Message):
    """These jobs are not followed any more."""

    kind: Literal["unsubscribed"] = "unsubscribed"
    jobs: Literal["all"] | list[str]
    id: str | None = None


class Pong(Message):
    """The answer to a ping."""

    kind: Literal["pong"] = "pong"
    id: str | None = None


class Refusal(Message):
    """What a client sent could not be done, and why; the connection stays."""

    kind: Literal["problem"] = "problem"
    problems: list[ProblemItem]
    id: str | None = None


class Resync(Message):
    """The stream has a hole: forget what is known of these jobs; snapshots of all that there are follow at once.

    `behind`: the client read too slowly. `forgotten`: the events behind its number are gone. `ahead`: its number was
    never given, for instance since the store is an older backup.
    """

    kind: Literal["resync"] = "resync"
    reason: Literal["behind", "forgotten", "ahead"]
    jobs: Literal["all"] | list[str]


class JobStanding(Message):
    """Where a job stands, and the number of the last of its events that this covers; later ones have a higher n."""

    id: str
    state: JobState
    attempt: int
    n: int


class Snapshot(Message):
    """How jobs stand, after a resync. The stream goes on behind `after` when there is no `more`."""

    kind: Literal["snapshot"] = "snapshot"
    jobs: list[JobStanding]
    more: bool
    after: int | None = None


ServerMessage: TypeAlias = (
    StoredMessage | ProgressMessage | Subscribed | Unsubscribed | Pong | Refusal | Resync | Snapshot
)
SERVER_MESSAGE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage, config=PASSING)


class Subscribe(Message):
    """Follow some jobs, or all that one may see.

    `after` replays what lies behind a number: a `seq` for all jobs, an `n` for each named job (0 where it is not
    given). Without it the stream starts now. `client` narrows an administrator's `all` to one client's jobs.
    """

    kind: Literal["subscribe"]
    jobs: Literal["all"] | Annotated[list[JobId], Field(min_length=1)] = "all"
    after: Number | dict[JobId, Number] | None = None
    previews: bool = False
    client: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    id: Tag = None


class Unsubscribe(Message):
    """Follow these jobs no more, or nothing."""

    kind: Literal["unsubscribe"]
    jobs: Literal["all"] | Annotated[list[JobId], Field(min_length=1)] = "all"
    id: Tag = None


class Ping(Message):
    """Ask for a pong."""

    kind: Literal["ping"]
    id: Tag = None


ClientMessage: TypeAlias = Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="kind")]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage, config=PASSING)
