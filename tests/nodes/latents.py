"""Latents for tests, and what is in them."""

from __future__ import annotations

import torch
from torch import Tensor

from graphflow_nodes.values import Latent


def numbers(*shape: int, seed: int = 5) -> Tensor:
    """Draw normal numbers, the same every time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def samples(latent: Latent) -> Tensor:
    """Return the numbers of a latent that is not empty."""
    assert isinstance(latent.samples, Tensor)
    return latent.samples
