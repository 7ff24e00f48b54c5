"""A user's folder of input pictures: takes uploads under names that are free, lists them, finds them by their hash."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from graphflow.api import Folder
from graphflow.api.file_names import PART_BYTES, why_unsavable
from graphflow.errors import StorageError
from graphflow.files import FileProblem, Files
from graphflow.publishing import publish
from graphflow.server.files.pictures import ENDINGS, Picture
from graphflow.server.problems import Refused, not_found

MASKS = "masks"
"""The subfolder for masks."""
SUFFIXES = (*(ending for endings in ENDINGS.values() for ending in endings), ".bmp")
_FOLDER = Folder("input", SUFFIXES)
_ROOM = 20
"""Bytes of a name for the number that makes it free, and its ending."""
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the folder, by its name below it; `modified` is in seconds since 1970."""

    name: str
    path: Path
    size: int
    modified: float


class InputFolder:
    """The pictures below `root`, each found by `files`, the one resolver of names. Its methods wait for the disk."""

    def __init__(self, root: Path, files: Files) -> None:
        self.root = root
        self._files = files

    def incoming(self, folder: str = "") -> Incoming:
        """Open a file for bytes to come, beside where they will lie; raise StorageError."""
        target = self.root / folder
        try:
            target.mkdir(parents=True, exist_ok=True)
            if not target.resolve().is_relative_to(self.root.resolve()):
                raise Refused(
                    HTTPStatus.CONFLICT, "folder-outside", f"the folder {folder!r} is a link that leads elsewhere"
                )
            return Incoming(target)
        except OSError as error:
            raise storage_error(error) from error

    def keep(self, incoming: Incoming, wanted: str, picture: Picture) -> tuple[str, bool]:
        """Give what came in a name; return it and whether the file is new: equal bytes under that name are kept once.

        Raise StorageError; then nothing is left.
        """
        stem, ending = clean_name(wanted, picture.media_type)
        try:
            incoming.finish()
            number = 0
            while True:
                path = incoming.folder / (f"{stem} ({number}){ending}" if number else f"{stem}{ending}")
                if publish(incoming.path, path):
                    return path.relative_to(self.root).as_posix(), True
                if _has(path, incoming.digest, incoming.size):
                    return path.relative_to(self.root).as_posix(), False
                number += 1
        except OSError as error:
            raise storage_error(error) from error

    def list(self) -> list[Kept]:
        """Return all pictures, the newest first."""
        found = [kept for name in self._files.choices(_FOLDER) if (kept := self._look(name))]
        return sorted(found, key=lambda kept: (-kept.modified, kept.name))

    def get(self, name: str) -> Kept:
        """Return one picture; raise Refused when there is none of this name, or when it must not be seen."""
        try:
            self._files.locate(_FOLDER, name)
        except FileProblem as problem:
            raise not_found(f"there is no upload {name!r}", code="unknown-upload") from problem
        kept = self._look(name)
        if kept is None:
            raise not_found(f"there is no upload {name!r}", code="unknown-upload")
        return kept

    def readable(self, name: str) -> Kept:
        """Return any picture that a workflow may load by this name, also one that a pack brings along.

        Raise Refused when there is none.
        """
        try:
            path = self._files.locate(_FOLDER, name)
            facts = path.stat()
        except (FileProblem, OSError) as problem:
            raise not_found(f"there is no upload {name!r}", code="unknown-upload") from problem
        return Kept(name, path, facts.st_size, facts.st_mtime)

    def digest(self, kept: Kept) -> str:
        """Return the sha256 of a picture's bytes; raise Refused when it is gone meanwhile."""
        try:
            return self._files.find(_FOLDER, kept.name).sha256
        except FileProblem as problem:
            raise not_found(f"there is no upload {kept.name!r}", code="unknown-upload") from problem

    def find(self, digest: str) -> Kept | None:
        """Return the picture with these bytes, the newest of several."""
        for kept in self.list():
            with suppress(Refused):
                if self.digest(kept) == digest:
                    return kept
        return None

    def delete(self, name: str) -> None:
        """Delete a picture; raise Refused when there is none of this name, and StorageError."""
        kept = self.get(name)
        try:
            kept.path.unlink()
        except FileNotFoundError:
            raise not_found(f"there is no upload {name!r}", code="unknown-upload") from None
        except OSError as error:
            raise storage_error(error) from error

    def _look(self, name: str) -> Kept | None:
        """Return a picture that lies in this folder, not in another that its name may lead to."""
        path = self.root / name
        try:
            facts = path.stat()
        except OSError:
            return None
        return Kept(name, path, facts.st_size, facts.st_mtime) if stat.S_ISREG(facts.st_mode) else None


class Incoming:
    """A file that is being received: hashed on the way, unseen until it is named, gone when it is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f".upload-{secrets.token_hex(8)}.part"
        self.size = 0
        self._hash = sha256()
        self._file: BinaryIO = self.path.open("xb")

    @property
    def digest(self) -> str:
        """The sha256 of what came so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Take some bytes; raise StorageError."""
        try:
            self._file.write(data)
        except OSError as error:
            raise storage_error(error) from error
        self._hash.update(data)
        self.size += len(data)

    def flush(self) -> None:
        """Make what came readable under `path`; raise StorageError."""
        try:
            self._file.flush()
        except OSError as error:
            raise storage_error(error) from error

    def finish(self) -> None:
        """Bring all bytes onto the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Remove what was not given a name."""
        with suppress(OSError):  # what could not be written cannot be flushed either
            self._file.close()
        with suppress(OSError):
            self.path.unlink()


def clean_name(wanted: str, media_type: str) -> tuple[str, str]:
    """Return stem and ending of a name that every system takes, made from what a browser or a program calls its file.

    Folders in it are left out, and its ending becomes one that fits the picture.
    """
    name = unicodedata.normalize("NFC", wanted.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    name = _FORBIDDEN.sub("_", name)
    stem, dot, suffix = name.rpartition(".")
    endings = ENDINGS[media_type]
    known = f".{suffix.lower()}" in SUFFIXES
    ending = f".{suffix.lower()}" if known and f".{suffix.lower()}" in endings else endings[0]
    stem = (stem if dot and known else name).strip(" .~")
    stem = stem.encode()[: PART_BYTES - _ROOM].decode(errors="ignore").strip(" .~") or "upload"
    return (stem, ending) if why_unsavable(f"{stem}{ending}") is None else ("upload", ending)


def storage_error(error: OSError) -> StorageError:
    """Say what the disk refused, without telling where things lie."""
    if error.errno in _FULL:
        return StorageError("the disk is full: the upload was not kept", hint="free some space, then send it again")
    return StorageError(f"the upload was not kept: {error.strerror or error}", hint="look into the server's log")


def _has(path: Path, digest: str, size: int) -> bool:
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size != size:
            return False
        return sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
