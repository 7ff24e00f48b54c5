"""What a result is called: one Merkle key per node, from all that decides its value and nothing else.

A key covers the node's type and revision, its literals, the digests of its files, and the keys of what feeds it.
Titles, positions, node names and file names are left out, so renaming costs nothing. Building a key looks only at
the keys one link away: a graph's keys cost O(nodes + links).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from json import dumps
from typing import Any, NewType

from graphflow.api import AnyNode, File

CacheKey = NewType("CacheKey", str)
"""64 hexadecimal digits."""

FORMAT = "graphflow-key/1"
"""Enters every key: change it when the rule below changes, and every old result is forgotten."""

Sources = tuple[tuple["CacheKey", str], ...]
"""What feeds an input: the key and output port of each link, in order."""


def cache_key(node: AnyNode, values: Mapping[str, Any], sources: Mapping[str, Sources], salt: str = "") -> CacheKey:
    """Return the key of a node with these literals and sources.

    `salt` tells apart what must not share a result: the runs of a node that saves files.
    """
    text = dumps(
        [FORMAT, node.id, node.revision, salt, _literals(values.items()), sorted(sources.items())],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return CacheKey(sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def key_parts(node: AnyNode, values: Mapping[str, Any], sources: Mapping[str, Sources]) -> dict[str, str]:
    """Return the same facts that enter the key, by name, to find out later which of them changed."""
    parts = {"revision": str(node.revision), "type": node.id}
    for name, value in _literals(values.items()):
        parts[name] = value if isinstance(value, str) else " ".join(map(str, _flat(value)))
    for name, links in sources.items():
        parts[name] = " ".join(f"{key}:{port}" for key, port in links)
    return parts


def _literals(items: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted((name, _plain(value)) for name, value in items)


def _plain(value: Any) -> Any:
    """Make 1, 1.0, True and "1" differ, and let a file count by its content only."""
    if isinstance(value, str):
        return value
    if isinstance(value, File):
        return {"sha256": value.sha256}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return {"is": value}
    return {type(value).__name__: repr(value)}


def _flat(value: Any) -> Iterable[Any]:
    """List the bare values in what `_plain` made."""
    if isinstance(value, dict):
        return value.values()
    return [part for each in value for part in _flat(each)] if isinstance(value, list) else [value]
