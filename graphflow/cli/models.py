"""`graphflow models`: the model files that were found, and where one may put more."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict, dataclass
from pathlib import Path

from graphflow.api import Folder
from graphflow.cli.open_engine import open_engine
from graphflow.cli.terminal import columns, harmless, paint, print_json, print_line
from graphflow.engine import Engine
from graphflow.files import FileProblem
from graphflow.registry import Registry

_NO_MODELS = ("input", "output", "temp")


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, as the list shows it."""

    folder: str
    name: str
    bytes: int
    facts: dict[str, str | int | float | bool | None]
    path: str
    problem: str | None = None


def run(parsed: Namespace) -> int:
    """List the models of every folder that some node reads."""
    with open_engine(parsed, caching=False) as engine:
        folders = _folders(engine.registry)
        models = [_model(engine, folder, name) for folder in folders for name in engine.files.choices(folder)]
    if parsed.json:
        print_json([asdict(model) for model in models], indent=2)
        return 0
    for folder in folders:
        print_line(paint(harmless(folder.name), "bold", sys.stdout))
        rows = [(each.name, _size(each.bytes), _told(each)) for each in models if each.folder == folder.name]
        print_line("\n".join(columns(rows)) or paint("  none", "dim", sys.stdout))
        places = ", ".join(str(root) for root in engine.files.roots(folder.name))
        print_line(paint(f"  in {harmless(places)}", "dim", sys.stdout))
    return 0


def _folders(registry: Registry) -> list[Folder]:
    """Return each folder once; of several marks with one name the first says most."""
    found: dict[str, Folder] = {}
    for kind in registry.types:
        for entry in kind.inputs:
            if entry.folder is not None and entry.folder.name not in _NO_MODELS:
                known = found.get(entry.folder.name)
                if known is None or (known.inspect is None and entry.folder.inspect is not None):
                    found[entry.folder.name] = entry.folder
    return [found[name] for name in sorted(found)]


def _model(engine: Engine, folder: Folder, name: str) -> Model:
    path = Path()
    try:
        path = engine.files.locate(folder, name)
        facts = dict(folder.inspect(path)) if folder.inspect else {}
        return Model(folder.name, name, _bytes(path), facts, str(path))
    except (FileProblem, ValueError, OSError) as error:
        return Model(folder.name, name, _bytes(path), {}, str(path), str(error))


def _told(model: Model) -> str:
    if model.problem:
        return f"cannot be used: {model.problem}"
    return ", ".join(f"{name} {value}" for name, value in model.facts.items() if value is not None)


def _bytes(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        return path.stat().st_size
    except OSError:
        return 0


def _size(count: int) -> str:
    """Write bytes as people say them."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
