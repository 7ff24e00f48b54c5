from __future__ import annotations

import pytest
import torch

from graphflow_nodes.diffusion.batches import repeat_to


@pytest.mark.parametrize(("batch", "items"), [(1, [0]), (2, [0, 1]), (5, [0, 1, 0, 1, 0])])
def test_a_batch_is_cut_or_begun_again(batch: int, items: list[int]) -> None:
    assert repeat_to(torch.tensor([[0.0], [1.0]]), batch).flatten().tolist() == items
