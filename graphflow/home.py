"""Says where everything lies: one folder holds all state, and saved workflows are found by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from graphflow.errors import Problem, StorageError, WorkflowError, did_you_mean

SUFFIXES = (".json", ".png")


@dataclass(frozen=True, slots=True)
class Home:
    """One folder for all state, and further folders to find models in. Reading creates nothing."""

    root: Path
    extra_model_roots: tuple[Path, ...] = ()

    @property
    def models(self) -> Path:
        """Models, in a subfolder per kind: `models/checkpoints`, `models/loras` ..."""
        return self.root / "models"

    @property
    def input(self) -> Path:
        """Pictures that workflows load."""
        return self.root / "input"

    @property
    def output(self) -> Path:
        """What runs save."""
        return self.root / "output"

    @property
    def temp(self) -> Path:
        """Previews and other files that nobody misses."""
        return self.root / "temp"

    @property
    def cache(self) -> Path:
        """Kept results: deleting it costs time only."""
        return self.root / "cache"

    @property
    def jobs(self) -> Path:
        """What a server was asked and what came of it: the job store and the artifacts."""
        return self.root / "jobs"

    @property
    def workflows(self) -> Path:
        """The user's saved workflows."""
        return self.root / "workflows"


def make_folder(folder: Path) -> Path:
    """Create a folder and its parents where they are missing; raise StorageError when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
    found = {file.stem for folder in (home.workflows, shipped_workflows()) for file in _files(folder)}
    return tuple(sorted(found))


def find_workflow(name_or_path: str, home: Home) -> Path:
    """Return the file of a workflow: an existing path, else a name in the home or among those that ship.

    Raise WorkflowError when there is none.
    """
    try:
        if Path(name_or_path).is_file():
            return Path(name_or_path)
    except ValueError:  # a NUL in the name
        raise WorkflowError([_missing(name_or_path, home)]) from None
    if Path(name_or_path).name == name_or_path:
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
        return Problem("no-workflow", f"there is no file {name_or_path}", hint=did_you_mean(path.name, known))
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


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  `absolute` keeps `..`, `resolve` follows links
