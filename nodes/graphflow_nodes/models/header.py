"""The header of a safetensors file: names, types and shapes of the tensors, believed only after it was checked."""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LONGEST: Final = 100_000_000  # bytes of header, the format's own limit
DIMENSIONS: Final = 64  # of a tensor, as many as torch has; the product of a million of them would take hours
BITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("BOOL", "I8", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "F4": 4,
}
CONVERT: Final = (
    "such files can run programs when they are opened; get the model as .safetensors, or convert it where you trust it: "
    'safetensors.torch.save_file(torch.load(file, weights_only=True)["state_dict"], "model.safetensors")'
)
FOREIGN: Final = (
    (b"PK\x03\x04", f"is a pickled PyTorch file: {CONVERT}"),
    (b"\x80\x02", f"is a pickled PyTorch file: {CONVERT}"),
    (b"\x80\x04", f"is a pickled PyTorch file: {CONVERT}"),
    (b"GGUF", "is a GGUF file, which is not supported: get the model as .safetensors"),
    (b"version https://git-lfs", "is only a Git LFS pointer to the real file: run `git lfs pull` where it came from"),
    (b"<!DOCTYPE", "is a web page: the download went wrong, or the site wanted a login"),
    (b"<html", "is a web page: the download went wrong, or the site wanted a login"),
)


class ModelFileError(ValueError):
    """A model file that is damaged, foreign or not supported, with a sentence for people."""


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors of a file by name, and its free metadata."""

    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    metadata: Mapping[str, str]

    def elements(self, prefix: str = "") -> int:
        """Return the number of elements under a prefix."""
        return sum(math.prod(shape) for name, shape in self.shapes.items() if name.startswith(prefix))


def read_header(path: Path) -> Header:
    """Read and check a safetensors header, in about 2 ms for a Stable Diffusion checkpoint; raise ModelFileError."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(32)
            length = _length(path, start, size)
            file.seek(8)
            text = file.read(length)
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror or error}") from error
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path.name} is damaged: its header is no JSON") from error
    if not isinstance(entries, dict):
        raise ModelFileError(f"{path.name} is damaged: its header is no JSON object")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise ModelFileError(f"{path.name} is damaged: its metadata is no JSON object")
    _check_layout(path, entries, size - 8 - length)
    return Header(
        {name: tuple(entry["shape"]) for name, entry in entries.items()},
        {name: entry["dtype"] for name, entry in entries.items()},
        {str(name): str(value) for name, value in metadata.items()},
    )


def _length(path: Path, start: bytes, size: int) -> int:
    """Return how long the header is, or say what the file is instead of safetensors."""
    for magic, sentence in FOREIGN:
        if start.startswith(magic):
            raise ModelFileError(f"{path.name} {sentence}")
    if size < 10:
        raise ModelFileError(f"{path.name} is no safetensors file: it has only {size} bytes")
    length = int(struct.unpack("<Q", start[:8])[0])
    if length > LONGEST:
        raise ModelFileError(f"{path.name} is no safetensors file: its header would be {length} bytes long")
    if 8 + length > size:
        raise ModelFileError(
            f"{path.name} is cut off: its header alone is {length} bytes long, the file has {size}; load it down again"
        )
    if start[8:9] != b"{":
        raise ModelFileError(f"{path.name} is no safetensors file: its header does not begin with {{")
    return length


def _check_layout(path: Path, entries: Mapping[str, Any], size: int) -> None:
    """Check that the tensors lie one after another, without gap or overlap, and fill the file to its end."""
    end = 0
    try:
        ordered = sorted(entries.items(), key=lambda item: item[1]["data_offsets"][0])
        for name, entry in ordered:
            begin, stop = entry["data_offsets"]
            if len(entry["shape"]) > DIMENSIONS:
                raise ModelFileError(f"{path.name} is damaged: tensor {name[:80]!r} has too many dimensions")
            bits = math.prod(map(_dimension, entry["shape"])) * BITS[entry["dtype"]]
            if begin != end or bits % 8 or stop - begin != bits // 8 or type(stop) is not int:
                raise ModelFileError(
                    f"{path.name} is damaged: the place of tensor {name[:80]!r} does not fit its shape"
                )
            end = stop
    except ModelFileError:
        raise
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path.name} is damaged: its header has an entry that describes no tensor") from error
    if end > size:
        raise ModelFileError(f"{path.name} is cut off: {size} of {end} bytes are there; load it down again")
    if end < size:
        raise ModelFileError(f"{path.name} is damaged: {size - end} bytes at its end belong to no tensor")


def _dimension(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 2**40:
        raise ValueError(f"{value!r} is no dimension")
    return value
