"""What a result is called: one Merkle key per node, from all that decides its value and nothing else.

A key covers the node's pack, type and revision, its literals, the digests of its files, and the keys of what feeds it.
Titles, positions, node names and file names are left out, so renaming costs nothing. Building a key looks only at
the keys one link away: a graph's keys cost O(nodes + links).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NewType

from graphflow.api import AnyNode, File, Text
from graphflow.mentions import Library

CacheKey = NewType("CacheKey", str)
"""64 hexadecimal digits."""

FORMAT = "graphflow-key/2"
"""Enters every key: change it when the rule below changes, and every old result is forgotten."""

Sources = tuple[tuple["CacheKey", str], ...]
"""What feeds an input: the key and output port of each link, in order."""


def cache_key(
    pack: str, node: AnyNode, values: Mapping[str, Any], sources: Mapping[str, Sources], salt: str = ""
) -> CacheKey:
    """Return the key of a pack's node with these literals and sources.

    `salt` tells apart what must not share a result: the runs of a node that saves files.
    """
    text = ascii((FORMAT, pack, node.id, node.revision, salt, _literals(values), sorted(sources.items())))
    return CacheKey(sha256(text.encode("ascii")).hexdigest())


def key_of_its_own(key: CacheKey) -> CacheKey:
    """Return the key of the same result when nothing that ran beside it can have touched its last bits."""
    return CacheKey(sha256(f"alone {key}".encode("ascii")).hexdigest())


def key_parts(pack: str, node: AnyNode, values: Mapping[str, Any], sources: Mapping[str, Sources]) -> dict[str, str]:
    """Return the same facts that enter the key, by name, to find out later which of them changed."""
    # No input is likely to be called so.
    parts = {"node pack": pack, "node revision": str(node.revision), "node type": node.id}
    for name, value in values.items():
        parts[name] = value.sha256 if isinstance(value, File) else ascii(value)
        if isinstance(value, Text | Library):
            parts.update({f"{name}: {file}": found.sha256 for file, found in value.files.items()})
    for name, links in sources.items():
        parts[name] = " ".join(f"{key}:{port}" for key, port in links)
    return parts


def _literals(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Sort literals by name, and let a file count by its content only.

    Written by `ascii`, 1, 1.0, True and "1" differ, and every float keeps all of its digits.
    """
    return sorted([(name, _literal(value)) for name, value in values.items()])


def _literal(value: Any) -> Any:
    if isinstance(value, File):
        return ("file", value.sha256)
    if isinstance(value, Text | Library):
        named = sorted((name, file.sha256) for name, file in value.files.items())
        return ("text", str(value) if isinstance(value, Text) else None, named)
    return value
