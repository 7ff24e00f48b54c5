"""Drafts: what an editor has that was not saved yet, kept so that a crash of the browser or the server costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphflow.library.errors import LibraryError, Unknown
from graphflow.library.names import file_of, names_in
from graphflow.library.saved import Draft
from graphflow.library.writing import move, storage_error, write_whole

MOST = 1000


class Drafts:
    """One draft for each workflow, which may be new or too unfinished to be saved."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self.folder = folder
        self._incoming = incoming

    def list(self) -> tuple[Draft, ...]:
        """Return all drafts."""
        return tuple(draft for name in names_in(self.folder) if (draft := self._read(name)))

    def get(self, name: str) -> Draft:
        """Return a workflow's draft; raise Unknown."""
        draft = self._read(name)
        if draft is None:
            raise Unknown(f"there is no draft of {name!r}", code="unknown-draft")
        return draft

    def find(self, name: str) -> Draft | None:
        """Return a workflow's draft, or None."""
        return self._read(name)

    def put(self, name: str, document: Mapping[str, Any], base: str | None) -> Draft:
        """Keep a draft in the place of the one before; raise LibraryError or StorageError."""
        path = file_of(self.folder, name)
        if not path.exists() and sum(1 for _ in names_in(self.folder)) >= MOST:
            message = f"there are {MOST:,} drafts already"
            raise LibraryError(message, code="too-many-drafts", hint="save or discard some of them")
        # Escaped, since a draft may hold what no sound text does, such as half of a character.
        text = json.dumps({"base": base, "workflow": document}, allow_nan=False)
        write_whole(path, text.encode("ascii"), self._incoming)
        return Draft(name, document, base, path.stat().st_mtime)

    def delete(self, name: str) -> bool:
        """Throw a draft away; return whether there was one."""
        path = file_of(self.folder, name)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise storage_error(path, error) from error
        return True

    def move(self, name: str, to: str) -> None:
        """Let a draft follow its workflow to another name."""
        source = file_of(self.folder, name)
        if source.is_file():
            move(source, file_of(self.folder, to))

    def _read(self, name: str) -> Draft | None:
        path = file_of(self.folder, name)
        try:
            data = json.loads(path.read_bytes())
            return Draft(name, data["workflow"], data["base"], path.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError):  # absent, or written by somebody else
            return None
