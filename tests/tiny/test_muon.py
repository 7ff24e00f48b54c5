"""Muon: steps that turn no way more than another, and that learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from graphflow_tiny.training.muon import Both, Muon, orthogonal


@pytest.mark.parametrize("shape", [(3, 20, 50), (2, 50, 20), (1, 16, 16)])
def test_the_step_keeps_the_directions_of_a_matrix_and_evens_out_their_strength(shape: tuple[int, ...]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)

    even = orthogonal(matrices)

    strengths = u.mT @ even @ v.mT  # diagonal, where the directions are kept
    off = strengths - torch.diag_embed(strengths.diagonal(dim1=1, dim2=2))
    assert off.abs().max() < 1e-3
    assert 0.6 < strengths.diagonal(dim1=1, dim2=2).median() < 1.2
    assert strengths.diagonal(dim1=1, dim2=2).max() < 1.2


def test_the_iteration_on_small_products_is_that_of_the_paper() -> None:
    x = torch.randn(1, 8, 30, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = x / x.norm()
    for _ in range(5):
        square = expected @ expected.mT
        expected = 3.4445 * expected + (-4.775 * square + 2.0315 * square @ square) @ expected

    torch.testing.assert_close(orthogonal(x), expected)


def test_a_kernel_counts_as_a_matrix_of_its_outputs() -> None:
    torch.manual_seed(0)
    kernel = nn.Parameter(torch.randn(6, 4, 3, 3))
    matrix = nn.Parameter(kernel.detach().flatten(1).clone())
    kernel.grad = torch.randn(6, 4, 3, 3)
    matrix.grad = kernel.grad.flatten(1).clone()

    Muon([kernel], 0.1).step()
    Muon([matrix], 0.1).step()

    torch.testing.assert_close(kernel.detach().flatten(1), matrix.detach())


def test_both_optimizers_together_fit_a_small_network_and_go_on_from_a_checkpoint() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(64, 8), torch.randn(64, 3)

    def course(steps: int, stop: int | None = None) -> tuple[float, nn.Module]:
        torch.manual_seed(1)
        network = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 3))
        optimizer = Both(network, 0.02)
        loss = torch.tensor(0.0)
        for step in range(steps):
            if step == stop:
                kept, optimizer = optimizer.state_dict(), Both(network, 0.02)
                optimizer.load_state_dict(kept)
            optimizer.zero_grad()
            loss = (network(x) - y).square().mean()
            loss.backward()
            optimizer.step()
        return float(loss.detach()), network

    whole, cut = course(100), course(100, stop=40)

    assert whole[0] < 0.3 * course(1)[0]
    for one, other in zip(whole[1].parameters(), cut[1].parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
