"""Turns the names of files into paths: the only resolver, and the wall around the folders that workflows may read."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from graphflow.api import Facts, File, Folder
from graphflow.api.file_names import why_unsafe
from graphflow.digests import Digests
from graphflow.errors import GraphFlowError, Problem, did_you_mean
from graphflow.home import Home

DEPTH = 16
"""Folders below a root that are listed."""
_LISTED = 8
_LISTING_SECONDS = 1.0
_ARTIFACT = re.compile(r"sha256:([0-9a-f]{64})")
_ANNOTATED = re.compile(r"(.+) \[(input|output|temp)\]", re.DOTALL)


class FileProblem(GraphFlowError):
    """A name that leads to no file that may be used here: `code`, `message` and the way out in `hint`."""

    exit_code = 2

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The one problem with the file."""
        return (Problem(self.code, self.message, hint=self.hint),)


class _Roots(dict[str, tuple[Path, ...]]):
    """Roots by folder name; a name that nobody mentioned lies in the models' folders."""

    def __init__(self, models: Sequence[Path]) -> None:
        super().__init__()
        self._models = models

    def __missing__(self, folder: str) -> tuple[Path, ...]:
        return tuple(root / folder for root in self._models)


def model_roots(home: Home, packs: Mapping[str, Sequence[Path]]) -> Mapping[str, tuple[Path, ...]]:
    """Return where to look, by folder name: the user's folders first, so that they shadow what packs bring along."""
    # What a node saves as `checkpoints/name` lies in output/checkpoints, and the next run may choose it as a checkpoint.
    roots = _Roots((home.models, *home.extra_model_roots, home.output))
    roots.update(input=(home.input,), output=(home.output,), temp=(home.temp,))
    for folder, paths in packs.items():
        roots[folder] = (*roots[folder], *paths)
    return roots


class Files:
    """Find files by name inside configured roots, list the choices, and fingerprint them.

    `memo` is a small file that remembers digests; losing it costs only time. Names such as `sha256:0a1b...` of inputs
    lead to what jobs made, in `artifacts`. Safe between threads.
    """

    def __init__(
        self, roots: Mapping[str, Sequence[Path]], memo: Path | Digests | None, artifacts: Path | None = None
    ) -> None:
        self._roots = roots
        self._digests = memo if isinstance(memo, Digests) else Digests(memo)
        self._artifacts = artifacts
        self._facts: dict[tuple[str, str], Facts] = {}
        self._listings: dict[Folder, tuple[float, tuple[str, ...]]] = {}

    def with_roots(self, roots: Mapping[str, Sequence[Path]]) -> Files:
        """Return the same with other roots: what was learnt about files is shared."""
        other = Files(roots, self._digests, self._artifacts)
        other._facts = self._facts
        return other

    def roots(self, folder: str) -> tuple[Path, ...]:
        """Return the places that a folder's files may come from, the first before the others."""
        try:
            return tuple(self._roots[folder])
        except KeyError:
            return ()

    def find(self, folder: Folder, name: str) -> File:
        """Return the file with its digest; raise FileProblem when the name leads to none that fits."""
        if (digest := _artifact(folder, name)) is not None:
            return File(name, self._sound(self._artifact_path(folder, name, digest), name, digest), digest)
        root, plain = self._locate(folder, name)
        return File(name, root / plain, self._digest(folder, root, plain))

    def locate(self, folder: Folder, name: str) -> Path:
        """Return a file's path without reading the file; raise FileProblem as `find` does."""
        if (digest := _artifact(folder, name)) is not None:
            return self._artifact_path(folder, name, digest)
        root, plain = self._locate(folder, name)
        return root / plain

    def _artifact_path(self, folder: Folder, name: str, digest: str) -> Path:
        """Return where an artifact lies. Its name has no ending: what it is, its reader finds out."""
        if folder.bundle is not None and not folder.suffixes:
            raise FileProblem("wrong-file-kind", f"{_short(name)} is one file, and {_wanted(folder)} fits here")
        path = None if self._artifacts is None else self._artifacts / digest[:2] / digest
        if path is None or not path.is_file():
            raise FileProblem(
                "no-such-file", f"there is no artifact {name}", "it may have been deleted: upload or make it again"
            )
        return path

    def _sound(self, path: Path, name: str, digest: str) -> Path:
        """Return an artifact's path; raise FileProblem when its bytes are not what they were."""
        try:
            found = self._digests.of_file(path)
        except OSError:
            found = ""
        if found != digest:
            raise FileProblem(
                "damaged-file", f"the artifact {name} was damaged", "make it again: run its job once more"
            )
        return path

    def known_digest(self, folder: Folder, name: str) -> str | None:
        """Return a file's digest where it is remembered, without reading the file; raise FileProblem as `find` does."""
        path = self.locate(folder, name)
        try:
            if not path.is_dir():
                return self._digests.known(path)
            members = sorted(_members(path, ""))
            known = all(self._digests.known(path / member) for member in members)
            return self._digests.of_bundle(path, members) if known else None
        except OSError:  # it went away, or may not be read: whoever needs it is told why
            return None

    def _locate(self, folder: Folder, name: str) -> tuple[Path, str]:
        """Return the root that has the file, and the file's name below it."""
        plain, roots = self._where(folder, name)
        if (reason := why_unsafe(plain)) is not None:
            raise FileProblem(
                "bad-file-name",
                f"{_short(name)} cannot be used as a file's name: {reason}",
                f"put the file into {_first(roots)} and write its name, such as {_example(folder)}",
            )
        for ending, sentence in folder.refuse.items():
            if plain.lower().endswith(ending):
                raise FileProblem("file-refused", f"{name!r} is not accepted: {ending} files are refused", sentence)
        for root in roots:
            if self._has(folder, root, plain):
                return root, plain
        raise self._missing(folder, name, roots)

    def choices(self, folder: Folder) -> tuple[str, ...]:
        """Return the names of all files that fit, sorted; subfolders are written `sub/name.png`."""
        found: set[str] = set()
        for root in self.roots(folder.name):
            found.update(self._list(folder, str(root), root, "", 0))
        return tuple(sorted(found, key=lambda name: (name.casefold(), name)))

    def facts(self, folder: Folder, file: File) -> Facts:
        """Return what the folder's `inspect` reads from the file; raise FileProblem when it finds the file unfit."""
        if folder.inspect is None:
            return {}
        known = self._facts.get((folder.name, file.sha256))
        if known is None:
            try:
                known = folder.inspect(file.path)
            except (ValueError, OSError) as error:
                raise FileProblem("unfit-file", f"{file.name!r} cannot be used: {error}") from error
            self._facts[folder.name, file.sha256] = known
        return known

    def fitting(self, folder: Folder) -> tuple[tuple[File, Facts], ...]:
        """Return all files of a folder with their facts, but for those that cannot be used."""
        found = []
        for name in self.choices(folder):
            try:
                file = self.find(folder, name)
                found.append((file, self.facts(folder, file)))
            except FileProblem:  # nobody asked for this one, so nobody is told
                continue
        return tuple(found)

    def _where(self, folder: Folder, name: str) -> tuple[str, tuple[Path, ...]]:
        """Split `name.png [output]`, as workflows from elsewhere write what was made before."""
        annotated = _ANNOTATED.fullmatch(name) if folder.name == "input" else None
        if annotated:
            return annotated[1], self.roots(annotated[2])
        return name, self.roots(folder.name)

    def _has(self, folder: Folder, root: Path, name: str) -> bool:
        """Say whether a root has a file or bundle of this name; raise FileProblem when it must not be used."""
        path = root / name
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError):
            return False
        bundle = stat.S_ISDIR(mode) and _is_bundle(folder, path)
        if not bundle and not stat.S_ISREG(mode):
            return False
        if any(part.startswith(".") for part in name.split("/")):
            return False
        self._stay_inside(root, name)
        if not bundle and not _fits(folder, name):
            raise FileProblem("wrong-file-kind", f"{name!r} is not one of the files that fit here: {_wanted(folder)}")
        return True

    def _stay_inside(self, root: Path, name: str) -> None:
        """Refuse a link that leads out of all roots: whoever may write a workflow may not read the whole disk."""
        real = (root / name).resolve()
        if real == root.resolve() / name or any(real.is_relative_to(each.resolve()) for each in self._all_roots(root)):
            return
        raise FileProblem(
            "file-outside",
            f"{name!r} is a link to {real}, which lies outside the configured folders",
            "copy or hard-link the file, or add its folder with --models or GRAPHFLOW_MODELS",
        )

    def _all_roots(self, root: Path) -> Iterator[Path]:
        yield root
        for roots in self._roots.values():
            yield from roots

    def _digest(self, folder: Folder, root: Path, name: str) -> str:
        path = root / name
        try:
            if not path.is_dir():
                return self._digests.of_file(path)
            members = sorted(_members(path, ""))
            for member in members:
                if (path / member).is_symlink():
                    self._stay_inside(root, f"{name}/{member}")
            return self._digests.of_bundle(path, members)
        except OSError as error:
            raise FileProblem(
                "unreadable-file",
                f"{name!r} in {folder.name} cannot be read: {error.strerror or error}",
                f"check {path} and its permissions",
            ) from error

    def _list(self, folder: Folder, path: str, root: Path, prefix: str, depth: int) -> Iterator[str]:
        try:
            entries = list(os.scandir(path))
        except OSError:
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            if entry.is_symlink() and not self._leads_inside(root, name):
                continue
            if entry.is_dir():
                if _is_bundle(folder, Path(entry.path)):
                    yield name
                elif depth < DEPTH:
                    yield from self._list(folder, entry.path, root, f"{name}/", depth + 1)
            elif _fits(folder, name) and entry.is_file():
                yield name

    def _leads_inside(self, root: Path, name: str) -> bool:
        try:
            self._stay_inside(root, name)
        except (FileProblem, OSError):
            return False
        return True

    def _missing(self, folder: Folder, name: str, roots: Sequence[Path]) -> FileProblem:
        choices = self._recent_choices(folder)
        hint = did_you_mean(name, choices)
        if hint is None and choices:
            more = f" and {len(choices) - _LISTED} more" if len(choices) > _LISTED else ""
            hint = f"there are: {', '.join(choices[:_LISTED])}{more}"
        elif hint is None:
            files = f"files ending in {_wanted(folder)}" if folder.suffixes else _wanted(folder)
            hint = f"put {files} into {_first(roots)}"
        looked = " or ".join(map(str, roots)) or "any folder: none is configured"
        return FileProblem("no-such-file", f"there is no {_short(name)} in {looked}", hint)

    def _recent_choices(self, folder: Folder) -> tuple[str, ...]:
        """List at most once a second: a workflow may name a thousand missing files, and this is only for hints."""
        now = time.monotonic()
        listed = self._listings.get(folder)
        if listed is None or now - listed[0] > _LISTING_SECONDS:
            listed = self._listings[folder] = (now, self.choices(folder))
        return listed[1]


def _artifact(folder: Folder, name: str) -> str | None:
    found = _ARTIFACT.fullmatch(name) if folder.name == "input" else None
    return found[1] if found else None


def _members(folder: Path, prefix: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _members(Path(entry.path), f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name


def _is_bundle(folder: Folder, path: Path) -> bool:
    """Say whether a folder as a whole is a choice."""
    return folder.bundle is not None and any(file.is_file() for file in path.glob(folder.bundle))


def _fits(folder: Folder, name: str) -> bool:
    return name.lower().endswith(folder.suffixes)


def _wanted(folder: Folder) -> str:
    return " or ".join(folder.suffixes) or f"a folder that holds {folder.bundle}"


def _short(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:79]}…")


def _first(roots: Sequence[Path]) -> str:
    return str(roots[0]) if roots else "its folder"


def _example(folder: Folder) -> str:
    return f"'name{folder.suffixes[0]}'" if folder.suffixes else "'name'"
