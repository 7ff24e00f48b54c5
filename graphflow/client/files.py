"""Sends pictures to a server, and fetches what its jobs made."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from graphflow.client.connection import Connection
from graphflow.client.requests import get, send
from graphflow.errors import StorageError
from graphflow.wire.artifacts import Artifact, Upload
from graphflow.wire.jobs import OutputFile

if TYPE_CHECKING:
    from PIL.Image import Image

Fetchable: TypeAlias = OutputFile | Artifact | Upload | str
"""A file on the server, or its hash."""


def digest_of(file: Fetchable) -> str:
    """Return the hash of a file's bytes, under which the server has it."""
    return file if isinstance(file, str) else file.sha256


async def fetch(connection: Connection, file: Fetchable) -> bytes:
    """Return a file's bytes; raise StorageError when they are not those of its hash."""
    wanted = digest_of(file)
    data = await connection.read(get("artifacts", wanted))
    if sha256(data).hexdigest() != wanted:
        raise StorageError(f"the file {wanted} came damaged", hint="fetch it again")
    return data


async def save(connection: Connection, file: Fetchable, to: str | Path) -> Path:
    """Fetch a file and put it there, whole or not at all; into a folder it goes under its own name."""
    path = Path(to)
    if path.is_dir():
        path /= file if isinstance(file, str) else Path(file.name).name
    data = await fetch(connection, file)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return path


async def picture(connection: Connection, file: Fetchable) -> Image:
    """Fetch a picture, ready to be looked at."""
    import PIL.Image  # only programs that ask for pictures load it

    opened = PIL.Image.open(BytesIO(await fetch(connection, file)))
    opened.load()
    return opened


async def upload(
    connection: Connection, source: str | Path | bytes, *, name: str | None = None, mask: bool = False
) -> Upload:
    """Send a picture, from a path or as bytes; the same bytes again give the same file."""
    if isinstance(source, bytes):
        data, name = source, name or "upload.png"
    else:
        try:
            data, name = Path(source).read_bytes(), name or Path(source).name
        except OSError as error:
            raise StorageError(f"cannot read {source}: {error.strerror or error}") from error
    headers = {"Content-Type": "application/octet-stream"}  # what it is, the server reads from the bytes
    folder = "masks" if mask else None
    request = send("POST", "uploads", data=data, headers=headers, repeatable=True, name=name, folder=folder)
    return await connection.ask(request, Upload)
