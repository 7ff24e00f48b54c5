"""How a node's outputs look as bytes: a checksum, a JSON header, then what the sockets stored.

    magic, 8 bytes      "GFCACHE" and the version of the format
    sha256, 32 bytes    of everything behind it
    length, 4 bytes     of the header, big-endian
    header              {"key": ..., "ports": {port: {"listed": bool, "items": [item, ...]}}}
    payloads            one behind the other

An item is `{"scalar": value}`, or `{"socket": class, "bytes": length}` for the next payload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from graphflow.api import AnyNode, Socket
from graphflow.api.sockets import PortType
from graphflow.cache.memory import Outputs
from graphflow.keys import CacheKey

MAGIC = b"GFCACHE\x01"
_CHECKSUM = slice(len(MAGIC), len(MAGIC) + 32)
_LENGTH = slice(_CHECKSUM.stop, _CHECKSUM.stop + 4)
_SCALARS = (str, int, float, bool, type(None))


class Damaged(Exception):
    """The bytes are not the entry that was asked for: truncated, altered, or somebody else's."""


class ClassMissing(Exception):
    """The entry is sound, but the class of a value is not loaded in this process."""


def encode(key: CacheKey, node: AnyNode, outputs: Outputs) -> list[bytes] | None:
    """Return the parts of an entry in order, or None when a value cannot leave the process."""
    payloads: list[bytes] = []
    ports: dict[str, Any] = {}
    for port in node.outputs:
        value = outputs[port.name]
        # Not `port.listed`: a node that was called once per element gives a list on every port.
        listed = type(value) is tuple
        items = [_encode(port.type, each, payloads) for each in (value if listed else (value,))]
        if None in items:
            return None
        ports[port.name] = {"listed": listed, "items": items}
    header = json.dumps({"key": key, "ports": ports}, separators=(",", ":")).encode()
    body = [len(header).to_bytes(4, "big"), header, *payloads]
    digest = sha256()
    for part in body:
        digest.update(part)
    return [MAGIC, digest.digest(), *body]


def decode(key: CacheKey, node: AnyNode, data: bytes) -> Outputs:
    """Return the outputs in an entry; raise Damaged, or ClassMissing."""
    if data[: len(MAGIC)] != MAGIC or sha256(memoryview(data)[_LENGTH.start :]).digest() != data[_CHECKSUM]:
        raise Damaged
    start = _LENGTH.stop + int.from_bytes(data[_LENGTH], "big")
    try:
        header = json.loads(data[_LENGTH.stop : start])
        if header["key"] != key or header["ports"].keys() != {port.name for port in node.outputs}:
            raise Damaged
        reader = _Payloads(data, start)
        return {port.name: _decode_port(port.type, header["ports"][port.name], reader) for port in node.outputs}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged from error


def _encode(port: PortType, value: Any, payloads: list[bytes]) -> dict[str, Any] | None:
    # Exact types only: an enumeration or a bool that came back as a plain int would be another value.
    if type(value) in _SCALARS:
        return {"scalar": value}
    if port is Any or not isinstance(value, port):
        return None
    data = value.store()
    if data is None:
        return None
    payloads.append(data)
    return {"socket": _class_name(type(value)), "bytes": len(data)}


class _Payloads:
    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._at = start

    def take(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if length < 0 or self._at > len(self._data):
            raise Damaged
        return self._data[start : self._at]


def _decode_port(port: PortType, stored: dict[str, Any], payloads: _Payloads) -> Any:
    listed, items = stored["listed"], stored["items"]
    values = tuple(
        item["scalar"] if "scalar" in item else _find_class(port, item["socket"]).restore(payloads.take(item["bytes"]))
        for item in items
    )
    return values if listed else values[0]


def _class_name(kind: type[Socket]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _find_class(port: PortType, name: str) -> type[Socket]:
    """Return the port's own type, or the subclass of it with this name: nothing else is ever built from a file."""
    if isinstance(port, type) and issubclass(port, Socket):
        for kind in _with_subclasses(port):
            if _class_name(kind) == name:
                return kind
    raise ClassMissing(name)


def _with_subclasses(kind: type[Socket]) -> Iterator[type[Socket]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _with_subclasses(each)
