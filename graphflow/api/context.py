"""A node's line to the outside: progress, previews, files, cancellation and what the worker holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from graphflow.api.marks import Facts, File, Folder
from graphflow.api.resources import R, Resources
from graphflow.api.sockets import Artifact
from graphflow.errors import RunCancelled

T = TypeVar("T")

Purpose = Literal["output", "preview"]


class Context:
    """What a node gets as `ctx`. This base class is silent: it saves nothing, shows nothing and never cancels."""

    def __init__(
        self,
        resources: Resources | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        deterministic: bool = False,
    ) -> None:
        self._resources = resources if resources is not None else Resources()
        self.metadata: Mapping[str, str] = metadata if metadata is not None else {}
        self.deterministic = deterministic
        """Whether results must be bit-equal whatever else runs beside: then nothing is computed in one go with others."""

    def track(self, items: Iterable[T], total: int | None = None) -> Iterator[T]:
        """Pass the items on, reporting progress after each and stopping when the run was cancelled."""
        if total is None:
            total = len(items) if isinstance(items, Sized) else 0
        for done, item in enumerate(items, 1):
            self.stop_if_cancelled()
            yield item
            self.progress(done, max(total, done))

    def stop_if_cancelled(self) -> None:
        """Raise RunCancelled when somebody asked to stop."""
        if self.cancelled():
            raise RunCancelled("the run was cancelled")

    def cancelled(self) -> bool:
        """Say whether somebody asked to stop."""
        return False

    def progress(self, done: int, total: int) -> None:
        """Report that `done` of `total` steps are behind us."""

    def preview(self, draw: Callable[[], bytes], media_type: str = "image/jpeg") -> None:
        """Offer a picture of unfinished work; `draw` is called only when somebody wants to see it now."""

    def save(self, data: bytes, media_type: str, *, name: str, kind: Purpose = "output") -> Artifact:
        """Save a file and return what it became.

        `name` is a prefix such as `cats/evening`: the file gets a number and the ending of its media type. The
        silent context writes nothing and returns an artifact with an empty path.
        """
        return Artifact(sha256(data).hexdigest(), media_type, name, len(data), Path())

    def log(self, message: str) -> None:
        """Tell people something about this node."""

    def journal(self, step: int, data: bytes) -> None:
        """Note what a long node has learnt at a step, counted from 0, so that a new attempt can go on from there."""

    def replay(self) -> Sequence[bytes]:
        """Begin a stretch of work that is noted in the journal; return what an earlier attempt noted of it.

        The notes come in the order of their steps. A node that does several such stretches begins each by asking, and
        always in the same order. There are none when nothing was cut short: then the node does all of the work.
        """
        return ()

    def files(self, folder: Folder) -> Sequence[tuple[File, Facts]]:
        """Return all files of a folder, with what its `inspect` reads from each; unfit ones are left out.

        None of them counts in the node's key, so take them only for what changes no result, such as previews.
        """
        return ()

    def use(self, kind: type[R]) -> R:
        """Return the worker's one resource of this class."""
        return self._resources.use(kind)


SILENT = Context()
"""The context of nodes that are called as plain functions; its resources are the process's default."""
