"""A context that remembers what a node told it, and pictures to feed nodes with."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image as Pillow

from graphflow.api import Artifact, Context, File


class Recorder(Context):
    """Remembers files, progress, previews and the journal; cancels once `cancel_after` steps are done."""

    def __init__(self, *, cancel_after: int | None = None, metadata: dict[str, str] | None = None) -> None:
        super().__init__(metadata=metadata)
        self.cancel_after = cancel_after
        self.saved: list[tuple[str, str, bytes]] = []
        self.steps: list[tuple[int, int]] = []
        self.previews: list[bytes] = []
        self.noted: list[tuple[int, bytes]] = []

    def cancelled(self) -> bool:
        return self.cancel_after is not None and len(self.steps) >= self.cancel_after

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))

    def preview(self, draw: Callable[[], bytes], media_type: str = "image/jpeg") -> None:
        self.previews.append(draw())

    def save(
        self, data: bytes, media_type: str, *, name: str, kind: Literal["output", "preview"] = "output"
    ) -> Artifact:
        self.saved.append((name, kind, data))
        return Artifact(sha256(data).hexdigest(), media_type, name, len(data), Path())

    def journal(self, step: int, data: bytes) -> None:
        self.noted.append((step, data))

    @property
    def pictures(self) -> list[Pillow.Image]:
        """The saved files, opened again."""
        return [Pillow.open(BytesIO(data)) for _, _, data in self.saved]


def as_file(path: Path) -> File:
    """Hand a node a file as the engine would."""
    return File(path.name, path, sha256(path.read_bytes()).hexdigest())
