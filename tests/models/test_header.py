from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from graphflow_nodes.models.header import ModelFileError, read_header

GOOD = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}


def write(path: Path, header: Any, body: bytes = bytes(16), length: int | None = None) -> Path:
    """Write a safetensors file byte by byte, with whatever lies a test wants in it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
    return path


def entry(**changes: Any) -> dict[str, Any]:
    return {"a": GOOD["a"] | changes}


def test_names_types_shapes_and_metadata_are_read(tmp_path: Path) -> None:
    tensors = {"a": torch.zeros(2, 3), "b": torch.zeros(5, dtype=torch.bfloat16), "empty": torch.zeros(0, 4)}
    save_file(tensors, tmp_path / "m.safetensors", metadata={"note": "hello"})

    header = read_header(tmp_path / "m.safetensors")

    assert header.shapes == {"a": (2, 3), "b": (5,), "empty": (0, 4)}
    assert header.dtypes == {"a": "F32", "b": "BF16", "empty": "F32"}
    assert header.metadata["note"] == "hello"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float8_e4m3fn, torch.int64, torch.bool, torch.uint8])
def test_every_type_that_the_format_knows_is_weighed_right(dtype: torch.dtype, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(3, 5).to(dtype)}, tmp_path / "m.safetensors")

    assert read_header(tmp_path / "m.safetensors").shapes == {"a": (3, 5)}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{nonsense      }", "no JSON"),
        (b"[1, 2, 3]       ", "does not begin with"),
        (b'{"a": ' * 100_000, "no JSON"),
        ({"a": 3}, "describes no tensor"),
        ({"a": {"dtype": "F32", "shape": [4]}}, "describes no tensor"),
        (entry(dtype="F33"), "describes no tensor"),
        (entry(shape="4"), "describes no tensor"),
        (entry(shape=[-2, -2]), "describes no tensor"),
        (entry(shape=[2.0, 2.0]), "describes no tensor"),
        (entry(shape=[True, 4]), "describes no tensor"),
        (entry(shape=[2**62, 2**62]), "describes no tensor"),
        (entry(data_offsets=[0]), "describes no tensor"),
        (entry(data_offsets=[0, 16.0]), "does not fit its shape"),
        (entry(data_offsets=[0, 12]), "does not fit its shape"),
        (entry(data_offsets=[8, 24]), "does not fit its shape"),
        (entry(data_offsets=[-8, 8]), "does not fit its shape"),
        (entry(data_offsets=[16, 0]), "does not fit its shape"),
        (GOOD | {"b": GOOD["a"]}, "does not fit its shape"),
        (GOOD | {"b": entry(data_offsets=[24, 40])["a"]}, "does not fit its shape"),
        (GOOD | {"b": entry(data_offsets=[16, 32])["a"]}, "cut off: 16 of 32 bytes"),
        ({}, "16 bytes at its end belong to no tensor"),
        (GOOD | {"__metadata__": [1]}, "metadata is no JSON object"),
    ],
)
def test_a_lying_header_is_refused(header: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=message) as refused:
        read_header(write(tmp_path / "liar.safetensors", header))

    assert str(refused.value).startswith("liar.safetensors ")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.write_bytes(b""), "only 0 bytes"),
        (lambda path: path.write_bytes(b"1234567"), "only 7 bytes"),
        (lambda path: write(path, GOOD, length=2**63), "header would be 9223372036854775808 bytes"),
        (lambda path: write(path, GOOD, length=100_000_001), "header would be 100000001 bytes"),
        (lambda path: write(path, GOOD, length=5000), "cut off"),
        (lambda path: write(path, GOOD, body=bytes(15)), "cut off: 15 of 16 bytes"),
        (lambda path: write(path, GOOD, body=bytes(17)), "1 bytes at its end"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)), "pickled PyTorch file"),
        (lambda path: path.write_bytes(b"\x80\x02}q\x00" + bytes(100)), "weights_only=True"),
        (lambda path: path.write_bytes(b"GGUF" + bytes(100)), "GGUF"),
        (lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid"), "git lfs pull"),
        (lambda path: path.write_bytes(b"<!DOCTYPE html><html><body>Sign in</body></html>"), "web page"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: None, "cannot be read"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_a_way_out(
    harm: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    harm(path)

    with pytest.raises(ModelFileError, match=message):
        read_header(path)


def test_a_header_of_a_thousand_tensors_takes_milliseconds(tmp_path: Path) -> None:
    tensors = {f"model.diffusion_model.input_blocks.{i}.0.in_layers.2.weight": torch.zeros(1) for i in range(1100)}
    save_file(tensors, tmp_path / "m.safetensors")

    times = []
    for _ in range(5):
        begin = time.perf_counter()
        read_header(tmp_path / "m.safetensors")
        times.append(time.perf_counter() - begin)

    assert min(times) < 0.03
