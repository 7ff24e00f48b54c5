"""Events as they leave: written out once, whoever gets them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import ENDED, JobState
from graphflow.wire.events import PreviewHeader, ProgressMessage


class Item(NamedTuple):
    """Something to be sent: JSON, or a binary frame. `number` is where a client that got it goes on."""

    data: bytes
    binary: bool = False
    number: int | None = None


BEAT = Item(b"")
"""Nothing happened for a while: a sign of life is due."""


class Frame(NamedTuple):
    """A stored event, written out, with what decides who gets it."""

    seq: int
    n: int
    job: str
    client: str
    attempt: int
    kind: str
    node: str | None
    state: JobState | None
    data: bytes

    @classmethod
    def of(cls, event: StoredEvent) -> Frame:
        """Write an event out."""
        facts: dict[str, Any] = json.loads(event.body)
        state = JobState(facts["state"]) if facts["kind"] == "job.state" else None
        return cls(
            seq=event.seq,
            n=event.n,
            job=event.job,
            client=event.client,
            attempt=event.attempt,
            kind=facts["kind"],
            node=facts.get("node"),
            state=state,
            data=stored_json(event).encode(),
        )

    @property
    def settles(self) -> bool:
        """Does a job stand still or vanish with this?"""
        return self.state in ENDED or self.kind == "job.deleted"

    @property
    def stops(self) -> bool:
        """Does a job not run any more after this?"""
        return self.kind == "job.deleted" or self.state not in (None, JobState.RUNNING)


def stored_json(event: StoredEvent) -> str:
    """Return an event as a StoredMessage's JSON; its body is JSON already."""
    return (
        f'{{"seq":{event.seq},"n":{event.n},"job":{json.dumps(event.job)},"attempt":{event.attempt},'
        f'"at":{event.at!r},"event":{event.body}}}'
    )


def progress_json(job: str, attempt: int, progress: NodeProgress) -> bytes:
    """Return progress as a ProgressMessage's JSON."""
    return ProgressMessage(job=job, attempt=attempt, event=progress).model_dump_json(exclude_none=True).encode()


def preview_frame(job: str, attempt: int, preview: NodePreview) -> bytes:
    """Return a picture with its header before it, and the header's length before that."""
    header = PreviewHeader(job=job, attempt=attempt, node=preview.node, media_type=preview.media_type)
    text = header.model_dump_json().encode()
    return len(text).to_bytes(4, "big") + text + preview.data
