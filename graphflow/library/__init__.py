"""Saved workflows: plain files with a history, drafts and a bin, safe against crashes and against two who save at once."""

from graphflow.library.errors import BadName, Conflict, LibraryError, Unknown
from graphflow.library.history import Revision
from graphflow.library.library import ANY, Expect, Library
from graphflow.library.saved import Draft, Listed, Saved, Trashed

__all__ = [
    "ANY",
    "BadName",
    "Conflict",
    "Draft",
    "Expect",
    "Library",
    "LibraryError",
    "Listed",
    "Revision",
    "Saved",
    "Trashed",
    "Unknown",
]
