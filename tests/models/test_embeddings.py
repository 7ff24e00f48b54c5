from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from graphflow_nodes.models.embeddings import load_embedding
from graphflow_nodes.models.header import ModelFileError

VECTORS = torch.arange(6.0).reshape(2, 3)


def saved(folder: Path, **tensors: Tensor) -> Path:
    save_file(tensors, folder / "cat.safetensors")
    return folder / "cat.safetensors"


@pytest.mark.parametrize(
    "tensors",
    [
        {"emb_params": VECTORS},
        {"<cat>": VECTORS},
        {"emb_params": VECTORS, "step": torch.zeros(1)},
        {"clip_l": VECTORS, "clip_g": torch.zeros(2, 5)},
    ],
)
def test_the_kinds_of_files_that_trainers_write_are_read(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    assert torch.equal(load_embedding(saved(tmp_path, **tensors)), VECTORS)


def test_one_vector_is_one_token_and_half_precision_is_widened(tmp_path: Path) -> None:
    found = load_embedding(saved(tmp_path, emb_params=VECTORS[1].half()))

    assert found.dtype == torch.float32
    assert torch.equal(found, VECTORS[1:])


@pytest.mark.parametrize("tensors", [{"a": VECTORS, "b": VECTORS + 1}, {"conv": torch.zeros(1, 2, 3, 3)}])
def test_what_is_no_embedding_is_refused(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"cat\.safetensors is no embedding"):
        load_embedding(saved(tmp_path, **tensors))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.safetensors").write_bytes(b"no header")

    with pytest.raises(ModelFileError):
        load_embedding(tmp_path / "cat.safetensors")
