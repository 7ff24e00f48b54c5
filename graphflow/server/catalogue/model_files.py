"""What is known of the files that nodes may choose, without loading or hashing any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from graphflow.api.marks import Facts, Folder
from graphflow.engine import Engine
from graphflow.errors import did_you_mean
from graphflow.files import FileProblem
from graphflow.registry import Registry
from graphflow.server.problems import Refused, not_found
from graphflow.wire.models import ModelEntry


@dataclass(frozen=True, slots=True)
class Taker:
    """An input that takes files, and which of them."""

    node: str
    input: str
    folder: Folder


def takers(registry: Registry) -> Iterator[Taker]:
    """Return every input that takes a file, and every text that may name files."""
    for kind in registry.types:
        for entry in kind.inputs:
            folder = entry.folder or (entry.mentions.folder if entry.mentions else None)
            if folder is not None:
                yield Taker(kind.id, entry.name, folder)


def folders_named(name: str, registry: Registry, node: str | None = None, input: str | None = None) -> list[Folder]:
    """Return the marks of a folder, those with an `inspect` first; raise Refused when no input takes such files."""
    named = [each for each in takers(registry) if each.folder.name == name]
    if not named:
        known = {each.folder.name for each in takers(registry)}
        raise not_found(f"no node takes files of {name!r}", code="unknown-folder", hint=did_you_mean(name, known))
    fitting = [each for each in named if node in (None, each.node) and input in (None, each.input)]
    if not fitting:
        message = f"{node or 'no node'} takes no files of {name!r}" + (f" at {input}" if input else "")
        raise Refused(422, "unknown-input", message, hint="see /api/v1/nodes")
    folders = dict.fromkeys(each.folder for each in fitting)
    return sorted(folders, key=lambda folder: folder.inspect is None)


def entries(folders: list[Folder], engine: Engine, *, admin: bool) -> list[ModelEntry]:
    """Return all files that fit one of these marks."""
    found: dict[str, ModelEntry] = {}
    for folder in folders:
        for name in engine.files.choices(folder):
            if name not in found:
                found[name] = entry(folder, name, engine, admin=admin)
    return sorted(found.values(), key=lambda each: (each.name.casefold(), each.name))


def find(folders: list[Folder], name: str, engine: Engine) -> Folder:
    """Return the mark that a file fits; raise FileProblem of the last one when it fits none."""
    problem: FileProblem | None = None
    for folder in folders:
        try:
            engine.files.locate(folder, name)
        except FileProblem as error:
            problem = error
        else:
            return folder
    assert problem is not None, "there is at least one mark"  # noqa: S101  folders_named sees to it
    raise problem


def entry(folder: Folder, name: str, engine: Engine, *, admin: bool) -> ModelEntry:
    """Return what is known of a file; what is wrong with it stands in the entry."""
    path, digest, facts, problem = Path(), None, {}, None
    size, modified, bundle = 0, 0.0, False
    try:
        path = engine.files.locate(folder, name)
        digest = engine.files.known_digest(folder, name)
        stamp, size, modified, bundle = _look(path)
        facts = dict(_facts(folder, path, stamp))
    except FileProblem as error:
        problem = error.message
    except (ValueError, OSError) as error:
        problem = str(error)
    return ModelEntry(
        folder=folder.name,
        name=name,
        kind="bundle" if bundle else "file",
        size=size,
        modified=modified,
        facts=facts,
        problem=problem,
        sha256=digest,
        path=str(path) if admin else None,
    )


def _look(path: Path) -> tuple[tuple[int, int], int, float, bool]:
    """Return what changes with the content, the size, the time, and whether this is a bundle."""
    if not path.is_dir():
        about = path.stat()
        return (about.st_size, about.st_mtime_ns), about.st_size, about.st_mtime, False
    stats = [each.stat() for each in path.rglob("*") if each.is_file()]
    size, newest = sum(each.st_size for each in stats), max((each.st_mtime_ns for each in stats), default=0)
    return (size, newest), size, newest / 1e9, True


@lru_cache(maxsize=4096)
def _facts(folder: Folder, path: Path, _: tuple[int, int]) -> Facts:
    """Read a file's facts once for each size and time of it; an unfit one is looked at again each time."""
    return folder.inspect(path) if folder.inspect else {}
