from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.api import File
from tests.models.checkpoints import write_folder, write_single


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
