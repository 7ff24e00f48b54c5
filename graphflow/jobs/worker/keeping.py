"""Puts the files that a job's nodes save where they belong: bytes under their hash, a name for people beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from graphflow.api import Artifact
from graphflow.api.context import Purpose
from graphflow.artifacts import OutputFolder
from graphflow.errors import StorageError
from graphflow.events import ArtifactSaved
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import KeptArtifact
from graphflow.jobs.worker.names import Named, Names
from graphflow.jobs.worker.pictures import picture_size
from graphflow.jobs.worker.texts import plain

_READ_ONLY = 0o444


class Keeper:
    """Keep the files of one attempt at a job.

    `folders` are the user's, by purpose. What an earlier attempt has put there and is still there, is not put there
    twice: the store knows of `earlier` files, and of those of an attempt that was killed before it could say so there
    are the `names`.
    """

    def __init__(
        self,
        blobs: BlobFolder,
        folders: Mapping[Purpose, OutputFolder],
        names: Names,
        earlier: Sequence[KeptArtifact] = (),
        *,
        first: bool = True,
    ) -> None:
        self._blobs = blobs
        self._folders = folders
        self._names = names
        noted = () if first else self._named(names.read())
        self._earlier = dict.fromkeys(
            [
                *((each.node, each.purpose, each.sha256, each.name) for each in earlier),
                *((each.node, each.purpose, each.sha256, each.name) for each in noted),
            ]
        )
        self._sizes: dict[str, tuple[int, int] | None] = {}

    def save(self, data: bytes, media_type: str, *, name: str, kind: Purpose, node: str) -> Artifact:
        """Keep a node's file; raise NodeError for a bad name, StorageError when the disk does not take it."""
        digest = self._blobs.put(data)
        if digest not in self._sizes:
            self._sizes[digest] = picture_size(data, media_type)
        folder = self._folders[kind]
        there = self._earlier_file(folder, digest, name, kind, node)
        if there is not None:
            return Artifact(digest, media_type, there, len(data), folder.root / there)

        def before(part: Path, path: Path) -> None:
            named, beside = (each.relative_to(folder.root).as_posix() for each in (path, part))
            self._names.note(Named(node, kind, digest, named, beside))

        return folder.save(data, media_type, name, twin=self._twin(digest), before=before)

    def kept(self, event: ArtifactSaved) -> ArtifactKept:
        """Return what is told of a file that was saved: no path, but a picture's size."""
        return ArtifactKept(
            node=event.node,
            purpose=event.purpose,
            sha256=event.sha256,
            media_type=event.media_type,
            size=event.size,
            name=plain(event.name),
            **self._size(event.sha256),
        )

    def describe(self, artifact: Artifact) -> dict[str, str | int | None]:
        """Return what a job's outputs say of a file."""
        return {
            "sha256": artifact.sha256,
            "media_type": artifact.media_type,
            "name": plain(artifact.name),
            "size": artifact.size,
            **self._size(artifact.sha256),
        }

    def has(self, artifact: Artifact) -> bool:
        """Say whether this attempt kept a file."""
        return artifact.sha256 in self._sizes

    def _size(self, digest: str) -> dict[str, int | None]:
        width, height = self._sizes.get(digest) or (None, None)
        return {"width": width, "height": height}

    def _earlier_file(self, folder: OutputFolder, digest: str, prefix: str, kind: Purpose, node: str) -> str | None:
        """Return the name under which an earlier attempt put this very file; each counts for one file only."""
        numbered = re.compile(rf"{re.escape(prefix)}_\d+_\.\w+")
        fitting = [key for key in self._earlier if key[:3] == (node, kind, digest) and numbered.fullmatch(key[3])]
        for key in fitting:
            del self._earlier[key]
            if _holds(folder.root / key[3], digest, self._blobs.find(digest)):
                return key[3]
        return None

    def _named(self, noted: Sequence[Named]) -> list[Named]:
        """Return those whose file got its name before the attempt was killed; remove what it left beside them."""
        named = []
        for each in noted:
            for folder in (folder for purpose, folder in self._folders.items() if purpose == each.purpose):
                path, part = folder.root / each.name, folder.root / each.part
                if _was_given(path, part):
                    named.append(each)
                with suppress(OSError):
                    part.unlink()
        return named

    def _twin(self, digest: str) -> Path:
        """Return the kept bytes' file, protected from careless hands."""
        path = self._blobs.find(digest)
        if path is None:
            raise StorageError(
                f"the artifact {digest} vanished while it was kept", hint="does something clean the folder?"
            )
        if os.name == "posix":
            with suppress(OSError):  # somebody else's file system may know no permissions
                path.chmod(_READ_ONLY)
        return path


def _was_given(path: Path, part: Path) -> bool:
    """Say whether a file got its name; while its part stands beside it, it is the same file, and not somebody else's."""
    try:
        return not part.exists() or path.samefile(part)
    except OSError:
        return False


def _holds(path: Path, digest: str, blob: Path | None) -> bool:
    """Say whether a file is there and has these bytes; of earlier versions it may be another name of the blob."""
    try:
        if blob is not None and path.samefile(blob):
            return True
        return sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
