"""Finds the files that a text names: while planning where the text is known, else among all that it may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graphflow.api import File, Folder, Text
from graphflow.api.file_names import why_unsafe
from graphflow.api.marks import Mentions
from graphflow.errors import did_you_mean
from graphflow.files import FileProblem, Files

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Library:
    """All files that a text may name which is known only when the run has come to it; each of them enters the key."""

    mark: Mentions
    files: Mapping[str, File]


def text_with_files(mark: Mentions, text: str, files: Files) -> str:
    """Return the text with the files that it names; raise FileProblem for a name that leads to none."""
    named = mark.find(text)
    if not named:
        return text
    choices = files.choices(mark.folder)
    chosen = [_choose(mark.folder, spellings, choices, files) for spellings in named]
    return Text(text, {spelling: files.find(mark.folder, name) for spelling, name in chosen})


def library_of(mark: Mentions, files: Files) -> Library:
    """Return all files that a text may name; what cannot be read is left out, as if it were not there."""
    found = {}
    for name in files.choices(mark.folder):
        try:
            found[name] = files.find(mark.folder, name)
        except FileProblem:
            continue
    return Library(mark, found)


def text_from(library: Library, text: str) -> str:
    """Return the text with the files of a library that it names; raise FileProblem for a name that leads to none."""
    chosen = [_choose(library.mark.folder, each, tuple(library.files)) for each in library.mark.find(text)]
    return Text(text, {spelling: library.files[name] for spelling, name in chosen}) if chosen else text


def _choose(
    folder: Folder, spellings: Sequence[str], choices: Sequence[str], files: Files | None = None
) -> tuple[str, str]:
    """Return the first spelling that leads to a file, and the file's name."""
    for spelling in spellings:
        for end in ("", *folder.suffixes):
            if (spelling + end) in choices:
                return spelling, spelling + end
        ends = tuple(f"/{spelling}{end}" for end in ("", *folder.suffixes))
        if (name := next((each for each in choices if each.endswith(ends)), None)) is not None:
            return spelling, name
    raise _missing(folder, spellings[-1], choices, files)


def _missing(folder: Folder, name: str, choices: Iterable[str], files: Files | None) -> FileProblem:
    shown = name if len(name) <= 80 else f"{name[:79]}…"
    if (reason := why_unsafe(name)) is not None:
        return FileProblem("bad-file-name", f"{shown!r} cannot be used as a file's name: {reason}")
    for end, sentence in folder.refuse.items():
        if name.lower().endswith(end) or _lies(folder, name + end, files):
            return FileProblem(
                "file-refused", f"{shown!r} in {folder.name} is a {end} file: those are refused", sentence
            )
    known = [str(PurePosixPath(each).with_suffix("")) for each in choices]
    hint = did_you_mean(name, known)
    if hint is None:
        more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
        listed = f"there are: {', '.join(known[:_LISTED])}{more}"
        where = next(map(str, files.roots(folder.name)), folder.name) if files else folder.name
        hint = listed if known else f"put files ending in {' or '.join(folder.suffixes)} into {where}"
    return FileProblem("no-such-file", f"there is no {shown!r} in {folder.name}", hint)


def _lies(folder: Folder, name: str, files: Files | None) -> bool:
    return files is not None and any((root / name).is_file() for root in files.roots(folder.name))
