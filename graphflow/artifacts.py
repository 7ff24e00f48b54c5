"""Puts the files that nodes save into a folder, under counted names, whole or not at all."""

from __future__ import annotations

import errno
import mimetypes
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from graphflow.api import Artifact, NodeError, why_unsavable
from graphflow.errors import StorageError
from graphflow.publishing import clone, publish

ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/json": ".json",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/x-safetensors": ".safetensors",
}
"""Where mimetypes depends on the system or knows nothing."""
_PRIVATE = re.compile(r"application/x-([a-z0-9]{1,20})")
"""Media types that nobody registered: what a pack calls `application/x-latent` ends in `.latent`."""
_GUESSES = 8
_FULL = (errno.ENOSPC, errno.EDQUOT)
Before: TypeAlias = Callable[[Path, Path], None]
"""Called with the finished file and each name that is tried for it, before it gets that name."""


def _note_nothing(part: Path, path: Path) -> None:
    """Do without notes."""


class OutputFolder:
    """A folder of saved files, named `prefix_00001_.png` and so on. Safe between threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._next: dict[Path, int] = {}
        self._lock = threading.Lock()

    def save(
        self, data: bytes, media_type: str, name: str, twin: Path | None = None, before: Before = _note_nothing
    ) -> Artifact:
        """Save under the next free number and return what it became.

        `name` is a prefix, which may hold subfolders. `twin` is a file with these very bytes: where the disk allows, the
        new one shares its room until one of them is changed. Raise NodeError when the name leaves the folder, and
        StorageError when the disk does not take the file; then nothing is left behind.
        """
        prefix = self._prefix(name)
        ending = _ending(media_type)
        try:
            prefix.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._write(prefix, data, twin)
            try:
                path = self._publish(temporary, prefix, ending, before)
            finally:
                with suppress(OSError):
                    temporary.unlink()
        except OSError as error:
            raise _storage_error(prefix.parent, len(data), error) from error
        return Artifact(sha256(data).hexdigest(), media_type, path.relative_to(self.root).as_posix(), len(data), path)

    def _prefix(self, name: str) -> Path:
        reason = why_unsavable(name)
        prefix = self.root / name
        if reason is None and not prefix.parent.resolve().is_relative_to(self.root.resolve()):
            reason = "it leads out of the folder by a link"
        if reason is not None:
            raise NodeError(
                f"files cannot be saved as {name[:80]!r}: {reason}",
                code="bad-file-name",
                hint="use a name such as 'picture' or 'cats/evening'",
            )
        return prefix

    def _write(self, prefix: Path, data: bytes, twin: Path | None) -> Path:
        """Write beside the target, so that nobody ever sees half a file."""
        temporary = prefix.with_name(f".{prefix.name}-{secrets.token_hex(8)}.part")
        if twin is not None and clone(twin, temporary):
            return temporary
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        return temporary

    def _publish(self, temporary: Path, prefix: Path, ending: str, before: Before) -> Path:
        """Give the file its name: the first free number, also when other processes look for one as well."""
        with self._lock:
            number = self._next.get(prefix) or _highest(prefix) + 1
            misses = 0
            while True:
                path = prefix.with_name(f"{prefix.name}_{number:05}_{ending}")
                before(temporary, path)
                if publish(temporary, path):
                    break
                misses += 1
                number = _highest(prefix) + 1 if misses % _GUESSES == 0 else number + 1
            self._next[prefix] = number + 1
        return path


def _ending(media_type: str) -> str:
    known = ENDINGS.get(media_type) or mimetypes.guess_extension(media_type)
    private = _PRIVATE.fullmatch(media_type)
    return known or (f".{private[1]}" if private else ".bin")


def _highest(prefix: Path) -> int:
    """Return the highest number that any file with this prefix has, whatever its ending."""
    numbered = re.compile(rf"{re.escape(prefix.name)}_(\d{{1,18}})_", re.IGNORECASE)
    with os.scandir(prefix.parent) as files:
        return max((int(found[1]) for file in files if (found := numbered.match(file.name))), default=0)


def _storage_error(folder: Path, needed: int, error: OSError) -> StorageError:
    if error.errno in _FULL:
        free = shutil.disk_usage(folder).free
        return StorageError(
            f"the disk is full: {folder} needs {needed:,} bytes for the next file and has {free:,} free",
            hint="free some space, or choose another folder with --out",
        )
    return StorageError(
        f"cannot save in {folder}: {error.strerror or error}",
        hint="check its permissions, or choose another folder with --out",
    )
