"""Remembers the digests of files by path, size, time and inode, so that a model is read through only once."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

FRESH_NS = 10**9
"""A file this young may change again without its time changing, so its digest is not remembered."""
REMEMBERED = 20_000

Stamp: TypeAlias = tuple[int, int, int]


class Digests:
    """Digests of files and folders, kept in a small file. Losing it costs only time. Safe between threads."""

    def __init__(self, memo: Path | None) -> None:
        self._memo = memo
        self._known: dict[str, tuple[Stamp, str]] | None = None
        self._lock = threading.Lock()

    def of_file(self, path: Path) -> str:
        """Return the sha256 of a file; raise OSError when it cannot be read."""
        digest, is_new = self._file(path)
        if is_new:
            self._save()
        return digest

    def known(self, path: Path) -> str | None:
        """Return the sha256 of a file where it is remembered, without reading the file."""
        with self._lock:
            if self._known is None:
                self._known = _load(self._memo)
            known = self._known.get(str(path))
        return known[1] if known is not None and known[0] == _stamp(path) else None

    def of_bundle(self, folder: Path, members: Iterable[str]) -> str:
        """Return the sha256 over the names, relative to the folder and in this order, and digests of its members."""
        whole = hashlib.sha256()
        any_new = False
        for member in members:
            digest, is_new = self._file(folder / member)
            any_new |= is_new
            whole.update(f"{member}\0{digest}\n".encode("utf-8", "surrogateescape"))
        if any_new:
            self._save()
        return whole.hexdigest()

    def _file(self, path: Path) -> tuple[str, bool]:
        """Return a file's digest and whether the memo has to be saved for it."""
        stamp = _stamp(path)
        with self._lock:
            if self._known is None:
                self._known = _load(self._memo)
            known = self._known.get(str(path))
        if known is not None and known[0] == stamp:
            return known[1], False
        now = time.time_ns()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if 0 <= now - stamp[1] < FRESH_NS or _stamp(path) != stamp:
            return digest, False
        with self._lock:
            self._known[str(path)] = (stamp, digest)
        return digest, True

    def _save(self) -> None:
        """Merge with what other processes have saved meanwhile, and replace the memo by a rename."""
        if self._memo is None:
            return
        temporary = self._memo.with_name(f"{self._memo.name}.{secrets.token_hex(8)}")
        with self._lock:
            self._known = known = {**_load(self._memo), **(self._known or {})}
            text = json.dumps(dict(list(known.items())[-REMEMBERED:]), separators=(",", ":"))
        try:
            self._memo.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="ascii")
            temporary.replace(self._memo)
        except OSError:
            with suppress(OSError):
                temporary.unlink()


def _stamp(path: Path) -> Stamp:
    facts = os.stat(path)  # noqa: PTH116  half the time of Path.stat
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _load(memo: Path | None) -> dict[str, tuple[Stamp, str]]:
    if memo is None:
        return {}
    try:
        stored = json.loads(memo.read_text(encoding="ascii"))
        return {
            str(path): ((int(size), int(mtime), int(inode)), str(digest))
            for path, ((size, mtime, inode), digest) in stored.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
