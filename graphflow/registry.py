"""Finds node packs and answers which node types there are."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points
from pathlib import Path
from types import ModuleType

from graphflow.api import AnyNode, NodeType
from graphflow.errors import PackError, Problem

GROUP = "graphflow.packs"


@dataclass(frozen=True, slots=True)
class Pack:
    """A package of nodes: what its module's `NODES`, `MODEL_ROOTS`, `VERSIONS` and `PRELOAD` say."""

    name: str
    nodes: tuple[AnyNode, ...]
    version: str = ""
    model_roots: Mapping[str, Path] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    preload: tuple[str, ...] = ()


class Registry:
    """All node types of all packs, found by their own name or by another name that they state."""

    def __init__(self, packs: Iterable[Pack], problems: Iterable[Problem] = ()) -> None:
        self.packs = tuple(packs)
        found = list(problems)
        self._types: dict[str, AnyNode] = {}
        self._pack_of: dict[str, Pack] = {}
        for pack in self.packs:
            for each in pack.nodes:
                self._claim(each.id, each, pack, found)
        for pack in self.packs:
            for each in pack.nodes:
                # A node that lost its own name is not known by another: keys and manifests call nodes by their own.
                for name in each.also if self._types[each.id] is each else ():
                    self._claim(name, each, pack, found)
        self.problems = tuple(found)

    def _claim(self, name: str, node: AnyNode, pack: Pack, problems: list[Problem]) -> None:
        """Enter a name; the first claim of it holds, a second is reported."""
        if self._types.get(name) is node:
            return
        if name in self._types:
            first = self._pack_of[name].name
            problems.append(
                Problem(
                    "name-taken",
                    f"packs {first} and {pack.name} both have a node called {name!r}; {first}'s is used",
                    hint=f"uninstall one of the two, or rename the node in {pack.name}",
                )
            )
            return
        self._types[name] = node
        self._pack_of[name] = pack

    def find(self, name: str) -> AnyNode | None:
        """Return the node type that goes by this name."""
        return self._types.get(name)

    def pack_of(self, name: str) -> Pack:
        """Return the pack that a known node type came from."""
        return self._pack_of[name]

    @cached_property
    def types(self) -> tuple[AnyNode, ...]:
        """All node types, by name."""
        return tuple(sorted({id(each): each for each in self._types.values()}.values(), key=lambda each: each.id))

    @property
    def names(self) -> tuple[str, ...]:
        """All names that `find` knows."""
        return tuple(self._types)

    @property
    def model_roots(self) -> Mapping[str, tuple[Path, ...]]:
        """The folders that packs bring along, such as the default model's, by folder name."""
        roots: dict[str, tuple[Path, ...]] = {}
        for pack in self.packs:
            for folder, path in pack.model_roots.items():
                roots[folder] = (*roots.get(folder, ()), path)
        return roots


def load_registry(paths: Sequence[Path] = ()) -> Registry:
    """Load the installed packs and those at `paths`; one that fails is named in `problems`, and the others load."""
    packs: list[Pack] = []
    problems: list[Problem] = []
    sources: list[tuple[str, EntryPoint | Path]] = [*_installed(), *((str(path), path) for path in paths)]
    for name, source in sources:
        try:
            if isinstance(source, Path):
                packs.append(read_pack(_import_path(source)))
            else:
                packs.append(read_pack(source.load(), source.dist.version if source.dist else ""))
        # A pack is foreign code: whatever it raises while it is imported is its own failure, not the engine's.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            problems.append(
                Problem(
                    "pack-failed",
                    f"node pack {name} could not be loaded: {type(error).__name__}: {error}",
                    hint="its nodes are missing; update or uninstall it",
                )
            )
    return Registry(packs, problems)


def read_pack(module: ModuleType, version: str = "") -> Pack:
    """Read a pack from its module; raise PackError when `NODES` is missing, or when it or `PRELOAD` holds anything else."""
    name = module.__name__
    nodes = getattr(module, "NODES", None)
    if not isinstance(nodes, tuple) or not all(isinstance(each, NodeType) for each in nodes):
        raise PackError(f"{name}.NODES must be a tuple of functions decorated with @node")
    preload = getattr(module, "PRELOAD", ())
    if not isinstance(preload, tuple) or not all(isinstance(each, str) for each in preload):
        raise PackError(f"{name}.PRELOAD must be a tuple of names of modules")
    return Pack(
        name=name,
        nodes=nodes,
        version=version,
        model_roots={folder: Path(path) for folder, path in getattr(module, "MODEL_ROOTS", {}).items()},
        versions={each: _version_of(each) for each in getattr(module, "VERSIONS", ())},
        preload=preload,
    )


def _installed() -> list[tuple[str, EntryPoint | Path]]:
    return [(each.value, each) for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)]


def _import_path(path: Path) -> ModuleType:
    """Import a package folder or a single module file that need not be installed."""
    if path.is_dir() and not (path / "__init__.py").is_file():
        raise PackError(f"{path} is a folder without __init__.py")
    if not path.exists():
        raise PackError(f"there is no {path}")
    path = path.resolve()
    location = path / "__init__.py" if path.is_dir() else path
    spec = importlib.util.spec_from_file_location(path.stem, location)
    if spec is None or spec.loader is None:
        raise PackError(f"{path} is neither a package folder nor a .py file")
    if path.stem in sys.modules:
        there = sys.modules[path.stem]
        if getattr(there, "__file__", None) != str(location):
            raise PackError(f"another module is called {path.stem!r} already; rename {path}")
        return there
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # before it runs: its own modules import it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except PackageNotFoundError:
        return ""
