from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from graphflow_nodes.models.threads import ALL, SMALL, threads_for

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def threads_as_they_were() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def seen(weights: int, places: int) -> int:
    with threads_for(CPU, weights, places):
        return torch.get_num_threads()


def test_small_forwards_get_one_thread_and_large_ones_all() -> None:
    assert seen(2_000_000, 512) == 1
    assert seen(860_000_000, 8192) == ALL
    assert seen(1, int(SMALL)) == ALL


def test_afterwards_the_thread_has_all_again_also_after_an_error() -> None:
    with pytest.raises(RuntimeError), threads_for(CPU, 1, 1):
        raise RuntimeError

    assert torch.get_num_threads() == ALL


def test_a_small_forward_elsewhere_takes_nothing_from_a_large_one_that_begins_beside_it() -> None:
    numbers: list[int] = []

    with threads_for(CPU, 1, 1):
        beside = threading.Thread(target=lambda: numbers.append(seen(860_000_000, 8192)))
        beside.start()
        beside.join()

    assert numbers == [ALL]


def test_on_another_device_nothing_changes() -> None:
    torch.set_num_threads(1)

    with threads_for(torch.device("meta"), 10**9, 10**9):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 1
