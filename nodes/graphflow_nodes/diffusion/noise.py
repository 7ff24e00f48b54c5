"""Noise from a seed, drawn on the CPU so that a picture does not depend on the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphflow_nodes.diffusion.samplers import Noise

SEEDS = 2**64  # torch takes them all, though its CPU generator tells only their lower 32 bits apart


def initial_noise(latent: Tensor, seed: int, batch_index: Sequence[int] | None = None) -> Tensor:
    """Draw the noise for a latent, in its shape and dtype.

    With a `batch_index`, noise is drawn one item at a time and each item takes the draw of its own index, so that
    one item of a batch can be made again alone.
    """
    generator = torch.Generator("cpu").manual_seed(seed % SEEDS)
    if batch_index is None:
        return torch.randn(latent.shape, generator=generator, dtype=latent.dtype)
    if len(batch_index) != len(latent):
        raise ValueError(f"the batch index names {len(batch_index)} items, the latent holds {len(latent)}")
    single = (1, *latent.shape[1:])
    wanted = set(batch_index)
    drawn: dict[int, Tensor] = {}
    for index in range(max(wanted) + 1):
        item = torch.randn(single, generator=generator, dtype=latent.dtype)
        if index in wanted:
            drawn[index] = item
    return torch.cat([drawn[index] for index in batch_index])


def step_noise(latent: Tensor, seed: int) -> Noise:
    """Return the fresh noise of a stochastic sampler, on the latent's device.

    Its generator starts at the next seed: the same stream as the initial noise would add that very noise again.
    """
    generator = torch.Generator("cpu").manual_seed((seed + 1) % SEEDS)
    shape, dtype, device = latent.shape, latent.dtype, latent.device

    def draw(_here: float, _below: float) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=dtype).to(device)

    return draw
