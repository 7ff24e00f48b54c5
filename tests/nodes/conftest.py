from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from graphflow.api import Context, File, Resources
from tests.models.checkpoints import write_folder, write_single


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Pictures this small only lose by threads, most of all beside other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A diffusers folder of random weights."""
    return File("small", write_folder(tmp_path_factory.mktemp("models") / "small"), "aa" * 32)


@pytest.fixture(scope="session")
def single(folder: File, tmp_path_factory: pytest.TempPathFactory) -> File:
    """The same model as one file in the original layout."""
    path = write_single(folder.path, tmp_path_factory.mktemp("single") / "small.safetensors")
    return File(path.name, path, "bb" * 32)


@pytest.fixture(scope="session")
def cpu() -> Iterator[Context]:
    """A context whose models are on the CPU, also where there is a GPU."""
    resources = Resources("cpu")
    yield Context(resources)
    resources.close()
