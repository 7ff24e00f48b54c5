"""What a saved picture says of its making: the workflow, and what it was run with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphflow.api import File, Text
from graphflow.document import Workflow, dump
from graphflow.registry import Registry
from graphflow.step import Plan
from graphflow.version import __version__


def picture_metadata(workflow: Workflow, plan: Plan, registry: Registry) -> Mapping[str, str]:
    """Return the text chunks that a node which saves a picture writes into it.

    `graphflow` holds the workflow with its inputs as they were; running it again gives the same picture.
    `graphflow.run` says what computed it: versions of engine, packs and libraries, node types with their revisions,
    the digest of every file, and the notes of `check` functions. It holds no paths and no user names.
    """
    return _Texts(
        {
            "graphflow": lambda: dump(workflow),
            "graphflow.run": lambda: json.dumps(_manifest(plan, registry), sort_keys=True),
        }
    )


class _Texts(Mapping[str, str]):
    """Texts that are written when they are first read: a run that saves no picture needs none of them."""

    def __init__(self, writers: Mapping[str, Callable[[], str]]) -> None:
        self._writers = writers
        self._written: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._written:
            self._written[name] = self._writers[name]()
        return self._written[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._writers)

    def __len__(self) -> int:
        return len(self._writers)


def _manifest(plan: Plan, registry: Registry) -> dict[str, Any]:
    nodes: dict[str, dict[str, int]] = {}
    files: dict[str, str] = {}
    packs: dict[str, str] = {}
    versions: dict[str, str] = {}
    for step in plan.steps.values():
        kind = step.type
        if kind.id not in nodes:
            nodes[kind.id] = {"version": kind.version, "revision": kind.revision}
            pack = registry.pack_of(kind.id)
            packs[pack.name] = pack.version
            versions.update(pack.versions)
        for entry in kind.inputs:
            value = step.values.get(entry.name)
            if entry.folder is not None and isinstance(value, File):
                files[f"{entry.folder.name}/{value.name}"] = value.sha256
            elif entry.mentions is not None and isinstance(value, Text):
                files |= {f"{entry.mentions.folder.name}/{file.name}": file.sha256 for file in value.files.values()}
    return {
        "engine": {"graphflow": __version__, "python_packages": versions},
        "packs": packs,
        "nodes": nodes,
        "files": files,
        "notes": {path: dict(step.notes) for path, step in plan.steps.items() if step.notes},
    }
