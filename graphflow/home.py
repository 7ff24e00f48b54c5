"""Says where everything lies: one folder holds all state, and saved workflows are found by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from platformdirs import user_data_path

from graphflow.api.file_names import why_unsafe
from graphflow.errors import Problem, StorageError, WorkflowError, did_you_mean
from graphflow.syncing import make_folders

SUFFIXES = (".json", ".png")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Home:
    """One folder for all state, and further folders to find models in. Reading creates nothing.

    A `user` has folders of their own for pictures and workflows, and shares all the rest; the home's owner is None.
    Paths are made once: a job asks for eight of them, and joining them took a fifth of a short one's time.
    """

    root: Path
    extra_model_roots: tuple[Path, ...] = ()
    user: str | None = None

    def of_user(self, folder: str) -> Home:
        """Return the home as the user with this folder sees it; raise ValueError when it can be no folder's name."""
        if not _USER.fullmatch(folder):
            raise ValueError(f"{folder!r} cannot be a user's folder: use letters, digits, '-' and '_'")
        return replace(self, user=folder)

    @cached_property
    def own(self) -> Path:
        """What belongs to the user alone."""
        return self.root if self.user is None else self.root / "users" / self.user

    @cached_property
    def models(self) -> Path:
        """Models, in a subfolder per kind: `models/checkpoints`, `models/loras` ..."""
        return self.root / "models"

    @cached_property
    def input(self) -> Path:
        """Pictures that workflows load."""
        return self.own / "input"

    @cached_property
    def output(self) -> Path:
        """What runs save."""
        return self.own / "output"

    @cached_property
    def temp(self) -> Path:
        """Previews and other files that nobody misses."""
        return self.own / "temp"

    @cached_property
    def cache(self) -> Path:
        """Kept results: deleting it costs time only."""
        return self.root / "cache"

    @cached_property
    def jobs(self) -> Path:
        """What a server was asked and what came of it: the job store and the artifacts."""
        return self.root / "jobs"

    @cached_property
    def journals(self) -> Path:
        """What long nodes of jobs have noted, in a folder for each job."""
        return self.cache / "journals"

    @cached_property
    def names(self) -> Path:
        """Where workers note what they call the files of jobs that run."""
        return self.jobs / "names"

    @cached_property
    def artifacts(self) -> Path:
        """The bytes of what jobs made, under their hashes."""
        return self.jobs / "artifacts"

    @cached_property
    def logs(self) -> Path:
        """What workers wrote to their standard error."""
        return self.root / "logs"

    @cached_property
    def workflows(self) -> Path:
        """The user's saved workflows."""
        return self.own / "workflows"


def make_folder(folder: Path) -> Path:
    """Create a folder and its parents where they are missing; raise StorageError when it cannot be."""
    try:
        make_folders(folder)
    except OSError as error:
        raise StorageError(
            f"cannot create the folder {folder}: {error.strerror or error}",
            hint="choose another home with --home or GRAPHFLOW_HOME, or another folder with --out",
        ) from error
    return folder


def find_home(option: Path | None, environ: Mapping[str, str], models: Sequence[Path] = ()) -> Home:
    """Return the home: the option, else GRAPHFLOW_HOME, else the platform's folder for user data.

    Further roots of models are `models`, then those in GRAPHFLOW_MODELS, separated as in PATH.
    """
    named = environ.get("GRAPHFLOW_HOME")
    root = option or (Path(named) if named else user_data_path("graphflow", appauthor=False))
    further = [Path(each) for each in environ.get("GRAPHFLOW_MODELS", "").split(os.pathsep) if each]
    return Home(_absolute(root), tuple(map(_absolute, (*models, *further))))


def shipped_workflows() -> Path:
    """Return the folder of the workflows that come with GraphFlow, in a wheel or in a checkout."""
    package = Path(__file__).parent
    installed = package / "workflows"
    return installed if installed.is_dir() else package.parent / "workflows"


def workflow_names(home: Home) -> tuple[str, ...]:
    """Return the names of the saved workflows: the user's and those that ship."""
    folders = (home.workflows, shipped_workflows())
    found = {file.with_suffix("").relative_to(folder).as_posix() for folder in folders for file in _files_below(folder)}
    return tuple(sorted(found))


def find_workflow(name_or_path: str, home: Home) -> Path:
    """Return the file of a workflow: an existing path, else a name in the home or among those that ship.

    A name may hold folders: `portraits/evening`. Raise WorkflowError when there is none.
    """
    try:
        if Path(name_or_path).is_file():
            return Path(name_or_path)
    except ValueError:  # a NUL in the name
        raise WorkflowError([_missing(name_or_path, home)]) from None
    hidden = any(part.startswith(".") for part in name_or_path.split("/"))  # the history and drafts of the workflows
    if why_unsafe(name_or_path) is None and not hidden:
        for folder in (home.workflows, shipped_workflows()):
            for suffix in ("", *SUFFIXES):
                if (path := folder / f"{name_or_path}{suffix}").is_file():
                    return path
    raise WorkflowError([_missing(name_or_path, home)])


def _missing(name_or_path: str, home: Home) -> Problem:
    path = Path(name_or_path)
    if "\0" not in name_or_path and path.is_dir():
        return Problem("no-workflow", f"{name_or_path} is a folder, not a workflow", hint="name a file in it")
    if path.name != name_or_path or path.suffix:
        known: Iterable[str] = (each.name for each in _files(path.parent)) if "\0" not in name_or_path else ()
        near = did_you_mean(path.name, known) or did_you_mean(name_or_path, workflow_names(home))
        return Problem("no-workflow", f"there is no file {name_or_path}", hint=near)
    names = workflow_names(home)
    return Problem(
        "no-workflow",
        f"there is no workflow {name_or_path!r}, neither as a file nor in {home.workflows} nor among those that ship",
        hint=did_you_mean(name_or_path, names) or (f"there are: {', '.join(names)}" if names else None),
    )


def _files(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.suffix in SUFFIXES and not file.name.startswith(".")]
    except OSError:
        return []


def _files_below(folder: Path) -> list[Path]:
    """Return the files of workflows in a folder and its folders; hidden ones hold their history and drafts."""
    found = _files(folder)
    try:
        inner = [each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")]
    except OSError:
        return found
    return found + [file for each in inner if not each.is_symlink() for file in _files_below(each)]


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  `absolute` keeps `..`, `resolve` follows links
