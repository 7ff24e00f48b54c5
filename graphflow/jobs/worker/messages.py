"""What a worker process and the server say to each other, one message a frame."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from graphflow.api import DeviceMemory, Held
from graphflow.events import PASSING, NodeFinished, NodeLogged, NodePreview, NodeProgress, NodeStarted
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import KeptArtifact
from graphflow.jobs.worker.frames import FrameError, frame
from graphflow.jobs.worker.seam import GaveBack, JobDone, JobFailed, JobStopped, Report


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunTask(_Message):
    """Run a task, whose body is the attachment; `run` is its number in this conversation."""

    say: Literal["run"] = "run"
    run: int
    job: str
    attempt: int
    user: str | None
    kept: tuple[KeptArtifact, ...]


class CancelRun(_Message):
    """Stop a run at its next step."""

    say: Literal["cancel"] = "cancel"
    run: int


class Show(_Message):
    """Draw previews, or none."""

    say: Literal["show"] = "show"
    previews: bool


class AskStatus(_Message):
    """Say what is held."""

    say: Literal["status?"] = "status?"
    question: int


class AskDrop(_Message):
    """Free so many bytes, or all that can be spared."""

    say: Literal["drop?"] = "drop?"
    question: int
    wanted: int | None


class Close(_Message):
    """Give all runs back, and end."""

    say: Literal["close"] = "close"


class Ready(_Message):
    """The worker can run tasks."""

    say: Literal["ready"] = "ready"


class Beat(_Message):
    """The worker lives; said while it has something to do."""

    say: Literal["beat"] = "beat"


class Said(_Message):
    """A run reports; a preview's picture is the attachment."""

    say: Literal["said"] = "said"
    run: int
    report: Annotated[
        NodeStarted
        | NodeFinished
        | NodeLogged
        | ArtifactKept
        | NodeProgress
        | NodePreview
        | JobDone
        | JobFailed
        | JobStopped
        | GaveBack,
        Field(discriminator="kind"),
    ]


class StatusIs(_Message):
    """What is held."""

    say: Literal["status"] = "status"
    question: int
    held: tuple[Held, ...]
    rss: int
    memory: DeviceMemory | None


class Dropped(_Message):
    """How many bytes were freed."""

    say: Literal["dropped"] = "dropped"
    question: int
    freed: int


Order: TypeAlias = RunTask | CancelRun | Show | AskStatus | AskDrop | Close
Answer: TypeAlias = Ready | Beat | Said | StatusIs | Dropped

_ORDER: Final[TypeAdapter[Order]] = TypeAdapter(Annotated[Order, Field(discriminator="say")], config=PASSING)
_ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(Annotated[Answer, Field(discriminator="say")], config=PASSING)


def write(message: Order | Answer, attachment: bytes = b"") -> bytes:
    """Return a message as a frame; raise FrameError when it is too large, or holds what JSON cannot."""
    return frame(_json(message), attachment)


def write_report(run: int, report: Report) -> bytes:
    """Return a report as a frame; raise FrameError when it is too large."""
    attachment = b""
    if isinstance(report, NodePreview):
        report, attachment = report.model_copy(update={"data": b""}), report.data
    # What `Said` would write, in half the time: there are twenty of these to a short job.
    return frame(b'{"say":"said","run":%d,"report":%b}' % (run, _json(report)), attachment)


def read_order(message: bytes) -> Order:
    """Return what the server says; raise FrameError when it is no message."""
    order: Order = _read(_ORDER, message)
    return order


def read_answer(message: bytes, attachment: bytes) -> Answer:
    """Return what a worker says; raise FrameError when it is no message."""
    answer: Answer = _read(_ANSWER, message)
    if isinstance(answer, Said) and isinstance(answer.report, NodePreview):
        return answer.model_copy(update={"report": answer.report.model_copy(update={"data": attachment})})
    return answer


def _json(message: BaseModel) -> bytes:
    try:
        return message.model_dump_json().encode()
    except PydanticSerializationError as error:
        raise FrameError(f"a message cannot be written: {error}") from error


def _read(adapter: TypeAdapter[Any], message: bytes) -> Any:
    try:
        return adapter.validate_json(message)
    except ValidationError as error:
        where = error.errors(include_url=False, include_input=False)[0]
        raise FrameError(f"a frame holds no message: {where['msg']} at {where['loc']}: {message[:80]!r}") from error
