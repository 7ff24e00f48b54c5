"""Tensors as bytes, for values that the engine keeps on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def write(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> bytes:
    """Return a safetensors file with texts in its header; the same tensors and texts give the same bytes."""
    from safetensors.torch import save

    # A clone, because views that share memory are refused.
    data = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, dict(texts))
    body = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:body])
    header["__metadata__"] = dict(sorted(texts.items()))  # safetensors leaves their order to chance
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format's alignment of what follows
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(data)[body:]))


def pack(kind: str, tensors: Mapping[str, Tensor | None], facts: Any = None) -> bytes:
    """Return a safetensors file of the tensors that are there, with `kind` and `facts` (plain data) in its header."""
    there = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return write(there, {"kind": kind, "facts": json.dumps(facts)})


def unpack(kind: str, data: bytes) -> tuple[dict[str, Tensor], Any]:
    """Return the tensors and facts that `pack` was given; raise ValueError when the bytes hold no such thing."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])["__metadata__"]
        if header["kind"] != kind:
            raise ValueError(f"wanted a stored {kind}, found {header['kind']}")
        return tensors, json.loads(header["facts"])
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"no tensors in {len(data)} bytes: {error}") from error


def size(*tensors: Tensor | None) -> int:
    """Return the bytes that tensors fill, with something for the objects around them."""
    return 256 + sum(tensor.nbytes for tensor in tensors if tensor is not None)
