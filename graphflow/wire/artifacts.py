"""Files that jobs made, and files that were sent, as clients see them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from graphflow.wire.base import Message

MediaType = Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+/(\*|[A-Za-z0-9.+-]+)$", max_length=100)]
Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Artifact(Message):
    """A file that a node of a job saved. Fetch it under its hash; `created` is in seconds since 1970."""

    sha256: str
    media_type: str
    name: str
    size: int
    width: int | None
    height: int | None
    purpose: str
    job: str
    node: str
    created: float | None


class ArtifactPage(Message):
    """Some artifacts, newest first; `next` is the cursor of those behind them, null where there are none."""

    artifacts: list[Artifact]
    next: int | None


class ArtifactQuery(Message):
    """Which artifacts are listed: all that agree with everything that is given.

    `media_type` may end in `/*`. An administrator sees everybody's, or those of one `client`.
    """

    job: Annotated[str, Field(max_length=64)] | None = None
    purpose: Literal["output", "preview"] | None = None
    media_type: MediaType | None = None
    client: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class ArtifactList(Message):
    """All artifacts of one job, in the order in which they were saved."""

    artifacts: list[Artifact]


class FileQuery(Message):
    """How a file is sent: with `download` as one to be saved, even where a browser could show it."""

    download: bool = False


class ThumbnailQuery(Message):
    """How large a thumbnail is at most, in pixels of its longer side; rounded up to 64, 128, 256, 512 or 1024."""

    size: Annotated[int, Field(ge=1, le=1024)] = 256


class Upload(Message):
    """A picture in the input folder. Its name, or `{"artifact": sha256}`, is the value of an input that takes a file."""

    name: str
    sha256: str
    media_type: str
    size: int
    width: int
    height: int
    created: float


class UploadPage(Message):
    """Some uploads, newest first; `next` is the cursor of those behind them, null where there are none."""

    uploads: list[Upload]
    next: int | None


class UploadQuery(Message):
    """Where an upload goes, and what it is called where its sender does not say."""

    name: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    folder: Literal["masks"] | None = None


class UploadsQuery(Message):
    """Which page of the uploads is wanted."""

    cursor: Cursor | None = None
    limit: Limit = 100
