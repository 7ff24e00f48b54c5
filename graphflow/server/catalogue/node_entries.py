"""Turns the registry into what the editor reads."""

from __future__ import annotations

from functools import lru_cache

from graphflow.api import AnyNode, Input
from graphflow.api.marks import File, Folder
from graphflow.api.sockets import PortType, feeds, type_name
from graphflow.registry import Registry
from graphflow.wire.nodes import (
    FolderEntry,
    InputEntry,
    NodeEntry,
    NodeList,
    OutputEntry,
    PackEntry,
    SocketEntry,
    Widget,
)
from graphflow.wire.problems import ProblemItem

_WIDGETS: dict[PortType, Widget] = {int: "integer", float: "number", bool: "toggle", str: "text"}


@lru_cache(maxsize=4)
def list_of(registry: Registry) -> NodeList:
    """Return everything about all node types; a registry never changes, so this is made once."""
    return NodeList(
        nodes=[node_entry(kind, registry) for kind in registry.types],
        sockets=_sockets(registry),
        packs=[PackEntry(name=each.name, version=each.version, nodes=len(each.nodes)) for each in registry.packs],
        problems=[ProblemItem.of(each) for each in registry.problems],
    )


def node_entry(kind: AnyNode, registry: Registry) -> NodeEntry:
    """Return a node type as it travels."""
    return NodeEntry(
        id=kind.id,
        category=kind.category,
        pack=registry.pack_of(kind.id).name,
        description=kind.description,
        also=list(kind.also),
        version=kind.version,
        revision=kind.revision,
        saves=kind.output,
        inputs=[_input(each) for each in kind.inputs],
        outputs=[OutputEntry(name=each.name, type=each.type_name, list=each.listed) for each in kind.outputs],
    )


def folder_entry(folder: Folder) -> FolderEntry:
    """Return where a file comes from, as it travels."""
    return FolderEntry(name=folder.name, suffixes=list(folder.suffixes), bundle=folder.bundle)


def _input(entry: Input) -> InputEntry:
    number = int if entry.type is int else float
    limits = entry.range
    return InputEntry(
        name=entry.name,
        type=entry.type_name,
        socket=None if entry.type is File else type_name(entry.type),
        widget=_widget(entry),
        arity=entry.arity,
        required=entry.required,
        default=list(entry.default) if isinstance(entry.default, tuple) else entry.default,
        lazy=entry.lazy,
        minimum=number(limits.low) if limits else None,
        maximum=number(limits.high) if limits else None,
        step=limits.step if limits else None,
        options=list(entry.choice.options) if entry.choice else None,
        folder=folder_entry(entry.folder) if entry.folder else None,
        mentions=entry.mentions.folder.name if entry.mentions else None,
    )


def _widget(entry: Input) -> Widget | None:
    if entry.folder is not None:
        return "file"
    if entry.choice is not None:
        return "choice"
    if entry.seed:
        return "seed"
    if entry.multiline:
        return "multiline"
    return _WIDGETS.get(entry.type)


def _sockets(registry: Registry) -> list[SocketEntry]:
    """Say which type may feed which, as `feeds` decides it; two classes of one name count as one type."""
    given = [port.type for kind in registry.types for port in kind.outputs]
    taken = [entry.type for kind in registry.types for entry in kind.inputs if entry.type is not File]
    types = list(dict.fromkeys([*given, *taken]))
    fed: dict[str, set[str]] = {}
    for have in types:
        fed.setdefault(type_name(have), set()).update(type_name(want) for want in types if feeds(have, want))
    return [SocketEntry(name=name, feeds=sorted(names)) for name, names in sorted(fed.items())]
