"""Which names a workflow may have, and which file a name means: never one outside its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from graphflow.api.file_names import why_unsavable
from graphflow.library.errors import BadName

SUFFIX = ".json"
DEPTH = 8
"""Folders inside each other."""
LONGEST = 200
"""Characters: history, drafts and the bin put folders of their own before a name."""
_ELSEWHERE = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def check_name(name: str) -> None:
    """Raise BadName when this cannot be the name of a workflow; the rules are the same on every system."""
    reason = why_unsavable(name) or _why_not(name)
    if reason is not None:
        shown = repr(name if len(name) <= 80 else f"{name[:79]}…")
        hint = "a name is words, in folders if you like: portraits/evening"
        raise BadName(f"{shown} cannot be the name of a workflow: {reason}", code="bad-name", hint=hint)


def file_of(root: Path, name: str) -> Path:
    """Return the file of a workflow, which need not be there; raise BadName when it would lie outside the folder."""
    check_name(name)
    path = root / f"{name}{SUFFIX}"
    if not _is_inside(root, path):
        message = f"{name!r} leads by a link out of the folder of workflows"
        raise BadName(message, code="file-outside", hint="copy the file instead of linking to it")
    return path


def names_in(root: Path) -> Iterator[str]:
    """Name every workflow below a folder; hidden files, links that lead outside and odd names are passed over."""
    yield from sorted(_walk(root, root, 0), key=lambda name: (name.casefold(), name))


def _walk(root: Path, folder: Path, depth: int) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or (entry.is_symlink() and not _is_inside(root, Path(entry.path))):
            continue
        if entry.is_dir():
            if depth < DEPTH:
                yield from _walk(root, Path(entry.path), depth + 1)
        elif entry.name.endswith(SUFFIX) and entry.is_file():
            name = Path(entry.path).relative_to(root).as_posix().removesuffix(SUFFIX)
            if why_unsavable(name) is None and _why_not(name) is None:
                yield name


def _why_not(name: str) -> str | None:
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if name.count("/") > DEPTH:
        return f"it lies more than {DEPTH} folders deep"
    if found := _ELSEWHERE.search(name):
        return f"it holds {found[0]}, which other systems refuse"
    if any(_DEVICE.fullmatch(part) for part in name.split("/")):
        return "it is the name of a device on other systems"
    if any(part.lower().endswith(SUFFIX) for part in name.split("/")):
        return f"it ends in {SUFFIX}, which is added by itself"
    return None


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False
