"""Which names may become paths: the rules for reading and for saving, so that packs can apply them while checking."""

from __future__ import annotations

import re

NAME_LENGTH = 1024
PART_BYTES = 180
"""A file system takes 255; the number, the ending and the name of the temporary file come on top."""
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def why_unsafe(name: str) -> str | None:
    """Say why a name cannot be a path inside a folder, or return None when it can."""
    if not name.strip():
        return "the name is empty"
    if len(name) > NAME_LENGTH:
        return f"the name is longer than {NAME_LENGTH} characters"
    if _CONTROL.search(name):
        return "the name holds a control character"
    if "\\" in name:
        return "the name holds a backslash"
    if name.startswith(("/", "~")) or _DRIVE.match(name):
        return "the name is an absolute path"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "the name leaves its folder or is no plain path"
    return None


def why_unsavable(name: str) -> str | None:
    """Say why `ctx.save` refuses a name whatever folder it saves into, or return None when it can be used."""
    reason = why_unsafe(name)
    parts = name.split("/")
    if reason is None and any(part.startswith(".") or part != part.rstrip(" .") for part in parts):
        return "a part of it begins or ends with a dot, or ends with a space"
    if reason is None and not _is_text(name):
        return "the name holds half a character"
    if reason is None and any(len(part.encode("utf-8", "surrogateescape")) > PART_BYTES for part in parts):
        return f"a part of it is longer than {PART_BYTES} bytes"
    return reason


def _is_text(name: str) -> bool:
    """Say whether a disk can hold this name; JSON can write half of a character, a file's name cannot."""
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
