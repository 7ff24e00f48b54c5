"""Copies a file into the home's input folder, under a name that its content gives it."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from graphflow.errors import StorageError
from graphflow.home import make_folder


def import_file(source: Path, folder: Path) -> str:
    """Copy a file into the folder and return its name there; the same content is copied once.

    The name holds the beginning of the content's sha256, so that no file is ever overwritten by another. Raise
    StorageError when the file cannot be read, or the folder does not take it.
    """
    make_folder(folder)
    stem = re.sub(r"[^\w-]+", "_", source.stem).strip("_")[:60] or "file"
    beside = folder / f".{secrets.token_hex(8)}.part"
    try:
        try:
            shutil.copyfile(source, beside)
            with beside.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            name = f"{stem}-{digest[:16]}{source.suffix.lower()}"
            if not (folder / name).exists():
                beside.replace(folder / name)
        finally:
            with suppress(FileNotFoundError):
                beside.unlink()
    except OSError as error:
        message = f"{source} cannot be copied into {folder}: {error.strerror or error}"
        raise StorageError(message, hint="check the space and the permissions, or choose another --home") from error
    return name
