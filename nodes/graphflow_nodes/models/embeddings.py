"""Textual inversion embeddings: vectors that stand in a prompt for words (Gal et al. 2022)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphflow_nodes.models.header import ModelFileError, read_header

if TYPE_CHECKING:
    from torch import Tensor

KEYS: Final = ("emb_params", "clip_l")
"""What the tensor is called in files of the original trainer's kind, and in those for several encoders at once."""


def load_embedding(path: Path) -> Tensor:
    """Return the vectors of an embedding, (tokens, width) float32; raise ModelFileError when the file holds none."""
    from safetensors import safe_open

    shapes = read_header(path).shapes
    fitting = [name for name, shape in shapes.items() if len(shape) in (1, 2) and 0 not in shape]
    name = next((key for key in KEYS if key in fitting), fitting[0] if len(fitting) == 1 else None)
    if name is None:
        raise ModelFileError(f"{path.name} is no embedding: it holds {', '.join(sorted(shapes)[:4]) or 'no tensors'}")
    with safe_open(path, framework="pt") as file:
        vectors: Tensor = file.get_tensor(name).float()
    return vectors[None] if vectors.ndim == 1 else vectors
