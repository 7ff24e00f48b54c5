"""A folder of bytes under their hashes: written whole or not at all, shared by all jobs, deleted when nobody has them."""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path

from graphflow.errors import StorageError
from graphflow.syncing import make_folders, sync_folder

GRACE = 3600.0
"""Seconds for which fresh bytes are kept though no job has them yet: their worker may be about to say so."""
_HASH = re.compile(r"[0-9a-f]{64}")
_REMEMBERED = 100_000
_FULL = (errno.ENOSPC, errno.EDQUOT)


class BlobFolder:
    """Keep bytes under `ab/abcdef...`. Safe between threads and processes: equal bytes are equal files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sound: dict[str, tuple[int, int, int]] = {}

    def put(self, data: bytes) -> str:
        """Keep bytes and return their sha256; when it returns they survive a power cut. Raise StorageError."""
        digest = sha256(data).hexdigest()
        path = self._path(digest)
        try:
            if _has(path, len(data)):
                os.utime(path)  # young again, so that no sweep takes it before its new job is known
            else:
                self._write(path, data)
        except OSError as error:
            raise _storage_error(self.root, len(data), error) from error
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the bytes; None when they are not there, or are not what they were. Damaged ones are removed."""
        path = self.find(digest)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if sha256(data).hexdigest() != digest:
            with suppress(OSError):
                path.unlink()
            return None
        return data

    def find(self, digest: str) -> Path | None:
        """Return the file of a hash, to be sent; None when there is none, or when this is no hash."""
        if not _HASH.fullmatch(digest):
            return None
        path = self._path(digest)
        return path if path.is_file() else None

    def sound(self, digest: str) -> Path | None:
        """Return the file of a hash once its bytes were found to be what they were; they are read when it is new here.

        A file that changes is read again.
        """
        path = self.find(digest)
        if path is None:
            return None
        try:
            facts = path.stat()
            stamp = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if self._sound.get(digest) == stamp:
                return path
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != digest:
                    return None
        except OSError:
            return None
        if len(self._sound) >= _REMEMBERED:
            self._sound.clear()
        self._sound[digest] = stamp
        return path

    def delete(self, digest: str, grace: float = GRACE) -> bool:
        """Remove bytes that are older than `grace` seconds; return whether they were there and are gone."""
        path = self.find(digest)
        if path is None:
            return False
        try:
            if time.time() - path.stat().st_mtime < grace:
                return False
            path.unlink()
        except OSError:
            return False
        return True

    def sweep(self, is_used: Callable[[str], bool], grace: float = GRACE) -> int:
        """Remove what nobody uses and what killed writers left, where it is old enough; return how many files went."""
        gone = sum(self.delete(digest, grace) for digest in self._all() if not is_used(digest))
        for part in self.root.glob("incoming/*"):
            with suppress(OSError):  # its writer may just have renamed it
                if time.time() - part.stat().st_mtime >= grace:
                    part.unlink()
                    gone += 1
        return gone

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def _all(self) -> Iterator[str]:
        for path in self.root.glob("??/*"):
            if _HASH.fullmatch(path.name):
                yield path.name

    def _write(self, path: Path, data: bytes) -> None:
        """Write beside, flush, rename, and flush the folders, so that a name never leads to half a file."""
        temporary = self.root / "incoming" / f"{os.getpid()}-{secrets.token_hex(8)}"
        make_folders(temporary.parent)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
            sync_folder(path.parent)
            sync_folder(self.root)
        finally:
            with suppress(OSError):
                temporary.unlink()


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _storage_error(root: Path, size: int, error: OSError) -> StorageError:
    if error.errno in _FULL:
        return StorageError(f"the disk is full: {root} has no room for {size:,} bytes", hint="free some space")
    return StorageError(f"cannot keep an artifact in {root}: {error.strerror or error}", hint="check its permissions")
