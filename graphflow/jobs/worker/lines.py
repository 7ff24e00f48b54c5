"""Keeps what a node logs readable: no line without end, and no lines without end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

from graphflow.jobs.worker.texts import plain

LONGEST: Final = 4000
"""Characters of a line."""
MOST: Final = 1000
"""Lines of one node in one attempt."""
_MORE: Final = f"more lines were left out: a node may write {MOST:,}"


class Lines:
    """Cut the lines that the nodes of one attempt log, from any thread."""

    def __init__(self) -> None:
        self._counts: dict[str, Iterator[int]] = {}

    def take(self, node: str, message: str) -> str | None:
        """Return a line as it is kept: cut, with an ellipsis; None for those of which there are too many."""
        number = next(self._counts.setdefault(node, count()))
        if number >= MOST:
            return _MORE if number == MOST else None
        return plain(message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…")
