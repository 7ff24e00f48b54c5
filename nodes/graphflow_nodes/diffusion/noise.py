"""Noise from a seed, drawn on the CPU so that a picture does not depend on the device."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from graphflow_nodes.diffusion.brownian import brownian_path
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


def step_noise(latent: Tensor, seed: int, batch_index: Sequence[int] | None = None) -> Noise:
    """Return the noise of a stochastic sampler's steps, on the latent's device: increments of one Brownian path.

    It depends on the seed and the two noise levels alone. So a run that is split in two, or into more and shorter
    steps, adds the noise of the whole; and no step adds the initial noise again. Each item of a batch has a path of
    its own, known by its index, so that one item can be made again alone.
    """
    indices = range(len(latent)) if batch_index is None else batch_index
    if len(indices) != len(latent):
        raise ValueError(f"the batch index names {len(indices)} items, the latent holds {len(latent)}")
    shape, device = latent.shape[1:], latent.device
    dtype = torch.promote_types(latent.dtype, torch.float32)  # half precision would round the path away

    def draw(place: int) -> Tensor:
        items = [torch.randn(shape, generator=_keyed(seed, index, place), dtype=dtype) for index in indices]
        return torch.stack(items)

    path = brownian_path(draw)
    return lambda here, below: path(here, below).to(device, latent.dtype)


def _keyed(*key: int) -> torch.Generator:
    """Return a generator whose seed mixes all numbers of the key, as torch tells only 32 bits of a seed apart."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=4).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest, "little"))
