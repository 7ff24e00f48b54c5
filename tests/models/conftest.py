from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from graphflow.api import File
from tests.models.checkpoints import write_folder, write_single


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small only lose by threads, most of all beside other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder of random weights."""
    return write_folder(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def single(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as one file in the original layout."""
    return write_single(folder, tmp_path_factory.mktemp("single") / "small.safetensors")


@pytest.fixture(scope="session")
def checkpoint(folder: Path) -> File:
    """The folder as the engine hands it to a node."""
    return File("small", folder, "aa" * 32)
