"""What of the files belongs to a user: what their jobs made, and what lies in their input folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphflow.jobs import JobStore
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.gallery import Shown
from graphflow.server.files.input_folder import InputFolder


@dataclass(frozen=True, slots=True)
class Belonging:
    """A file that a user may see. `value` is its name in a workflow, `name` the one for people.

    `path` is None where the file was deleted; `media_type` where only its bytes can tell.
    """

    sha256: str
    value: str
    name: str
    media_type: str | None
    size: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Belongings:
    """The files of a client, or of everybody when `client` is None, as administrators see them."""

    store: JobStore
    blobs: BlobFolder
    inputs: InputFolder
    client: str | None

    def find(self, sha256: str) -> Belonging | None:
        """Return the file with these bytes; None when there is none, or when it is somebody else's."""
        shown = self.store.artifact(sha256, self.client)
        made = None if shown is None else self._made(shown)
        if made is not None and made.path is not None:
            return made
        return self._sent(sha256) or made

    def _made(self, shown: Shown) -> Belonging:
        artifact = shown.artifact
        path = self.blobs.find(artifact.sha256)
        if path is not None and path.stat().st_size != artifact.size:  # cut off, by whatever means: never served
            path = None
        value = f"sha256:{artifact.sha256}"
        return Belonging(artifact.sha256, value, artifact.name, artifact.media_type, artifact.size, path)

    def _sent(self, sha256: str) -> Belonging | None:
        kept = self.inputs.find(sha256)
        return None if kept is None else Belonging(sha256, kept.name, kept.name, None, kept.size, kept.path)
