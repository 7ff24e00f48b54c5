"""Model files that lie about themselves are refused from their header, soon, and with a sentence."""

from __future__ import annotations

import json
import random
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from graphflow_nodes.models.header import ModelFileError, read_header
from tests.sizes import sized, tell

from .raw import MIB, resident

COUNT = sized(3_000, 50_000)


def file(header: bytes | dict[str, Any], data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(begin: int, end: int, shape: list[int], dtype: str = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


SOUND = file({"__metadata__": {"made": "by us"}, "a": tensor(0, 4, [2, 2]), "b": tensor(4, 8, [1], "F32")}, bytes(8))
LIES: dict[str, bytes] = {
    "a header beyond the end": file(b"{}", length=10**9),
    "a header of all memory": file(b"{}", length=2**64 - 1),
    "brackets only": file(b"{" + b'"a":[' * 100_000),
    "a product without end": file({"a": tensor(0, 1, [2**40] * 100_000)}),
    "a negative side": file({"a": tensor(0, 1, [-1])}, b"x"),
    "a side beyond all": file({"a": tensor(0, 1, [2**63])}, b"x"),
    "a place before the beginning": file({"a": tensor(-4, 0, [4])}),
    "two in one place": file({"a": tensor(0, 4, [4]), "b": tensor(0, 4, [4])}, bytes(4)),
    "one half in another": file({"a": tensor(0, 4, [4]), "b": tensor(2, 6, [4])}, bytes(6)),
    "a hole": file({"a": tensor(0, 4, [4]), "b": tensor(8, 12, [4])}, bytes(12)),
    "the same name twice": file(
        b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
        bytes(8),
    ),
    "more than was said": file({"a": tensor(0, 4, [4])}, bytes(9)),
    "less than was said": file({"a": tensor(0, 4, [4])}, bytes(3)),
    "another type": file({"a": tensor(0, 4, [4], "PICKLE")}, bytes(4)),
    "digits without end": file(b'{"a":{"dtype":"U8","shape":[' + b"9" * 100_000 + b'],"data_offsets":[0,1]}}', b"x"),
    "a pickle": b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "an archive": b"PK\x03\x04" + bytes(200),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", LIES)
def test_a_lie_is_refused_soon(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(LIES[kind])
    before, begun = resident(), time.monotonic()

    with pytest.raises(ModelFileError, match=r"model\.safetensors") as caught:
        read_header(path)

    assert len(str(caught.value)) < 1000
    assert time.monotonic() - begun < 5
    assert resident() - before < 64 * MIB


def test_what_is_mangled_at_random_is_read_or_refused(tmp_path: Path) -> None:
    path, chance, read = tmp_path / "model.safetensors", random.Random(29), 0
    for _ in range(COUNT):
        data = bytearray(SOUND)
        for _ in range(chance.choice((1, 1, 2, 6))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read += read_header(path).elements() >= 0
        except ModelFileError:
            continue

    tell("mangled model files", f"{COUNT:,}, {read:,} read, {COUNT - read:,} refused")
    assert 0 < read < COUNT


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(SOUND)

    assert dict(read_header(path).shapes) == {"a": (2, 2), "b": (1,)}
