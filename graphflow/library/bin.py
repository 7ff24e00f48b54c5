"""The bin: deleted workflows with their history, until they are restored, thrown away or too old."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from graphflow.library.errors import Unknown
from graphflow.library.saved import Trashed
from graphflow.library.writing import move, storage_error, write_whole

MOST = 200
LONGEST_SECONDS = 30 * 86_400.0
_ID = re.compile(r"\d{13,}-[0-9a-f]{8}")


class Bin:
    """A folder with one folder for each deleted workflow: what it was called, its file, its revisions."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self.folder = folder
        self._incoming = incoming

    def list(self) -> tuple[Trashed, ...]:
        """Return what lies in the bin, the last deleted first."""
        try:
            ids = [each.name for each in self.folder.iterdir() if _ID.fullmatch(each.name)]
        except OSError:
            return ()
        found = [thing for id in ids if (thing := self._about(id))]
        return tuple(sorted(found, key=lambda thing: thing.id, reverse=True))

    def get(self, id: str) -> Trashed:
        """Return one thing in the bin; raise Unknown."""
        thing = self._about(id) if _ID.fullmatch(id) else None
        if thing is None:
            raise Unknown(f"there is nothing {id!r} in the bin", code="unknown-deleted")
        return thing

    def put(self, name: str, file: Path, history: Path) -> Trashed:
        """Take a workflow's file and history away."""
        thing = self._begin(name)
        move(file, self._file(thing.id))  # from here on it is deleted; a crash leaves the history where it was
        self._take_history(thing.id, history)
        self._prune()
        return thing

    def bury(self, name: str, text: bytes, history: Path) -> None:
        """Take the history of a workflow whose file somebody else removed; `text` is its newest revision."""
        thing = self._begin(name)
        write_whole(self._file(thing.id), text, self._incoming)
        self._take_history(thing.id, history)

    def restore(self, id: str, file: Path, history: Path) -> None:
        """Put a workflow's history and file to where nothing is."""
        kept = self._folder(id) / "revisions"
        if kept.is_dir():
            move(kept, history)
        move(self._file(id), file)
        shutil.rmtree(self._folder(id), ignore_errors=True)

    def forget(self, id: str) -> None:
        """Throw one thing away for good; raise Unknown."""
        folder = self._folder(self.get(id).id)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise storage_error(folder, error) from error

    def _begin(self, name: str) -> Trashed:
        now = time.time()
        thing = Trashed(f"{int(now * 1000)}-{secrets.token_hex(4)}", name, now)
        about = json.dumps({"name": name, "deleted": now})
        write_whole(self._folder(thing.id) / "about.json", about.encode("ascii"), self._incoming)
        return thing

    def _take_history(self, id: str, history: Path) -> None:
        if history.is_dir():
            move(history, self._folder(id) / "revisions")

    def _about(self, id: str) -> Trashed | None:
        """Return what is known of a thing; None for what a crash left half done."""
        try:
            about = json.loads((self._folder(id) / "about.json").read_bytes())
            thing = Trashed(id, str(about["name"]), float(about["deleted"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return thing if self._file(id).is_file() else None

    def _prune(self) -> None:
        long_ago = time.time() - LONGEST_SECONDS
        for index, thing in enumerate(self.list()):
            if index >= MOST or thing.deleted < long_ago:
                with suppress(OSError):
                    shutil.rmtree(self._folder(thing.id))

    def _folder(self, id: str) -> Path:
        return self.folder / id

    def _file(self, id: str) -> Path:
        return self._folder(id) / "workflow.json"
