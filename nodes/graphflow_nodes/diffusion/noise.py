"""Noise from a seed, drawn on the CPU so that a picture does not depend on the device."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from graphflow_nodes.diffusion.brownian import brownian_path
from graphflow_nodes.diffusion.samplers import Noise

SEEDS = 2**64  # torch takes them all, though its CPU generator tells only their lower 32 bits apart

Seeds = int | Sequence[int]
"""One seed for all items of a batch, or one for each."""


def initial_noise(latent: Tensor, seed: Seeds, batch_index: Sequence[int] | None = None) -> Tensor:
    """Draw the noise for a latent, in its shape and dtype, one item after another.

    Each item takes the draw of its index, by default its place, so that one item of a batch can be made again alone.
    With several seeds each item is the first one of its own seed, and the index counts no more. Where an item has a
    multiple of 16 numbers this is what torch draws for the whole batch at once.
    """
    items = _items(latent, seed, batch_index)
    single = (1, *latent.shape[1:])
    drawn: dict[tuple[int, int], Tensor] = {}
    for own in dict(items):
        generator = torch.Generator("cpu").manual_seed(own % SEEDS)
        for index in range(1 + max(index for other, index in items if other == own)):
            item = torch.randn(single, generator=generator, dtype=latent.dtype)
            if (own, index) in items:
                drawn[own, index] = item
    return torch.cat([drawn[item] for item in items])


def step_noise(latent: Tensor, seed: Seeds, batch_index: Sequence[int] | None = None) -> Noise:
    """Return the noise of a stochastic sampler's steps, on the latent's device: increments of one Brownian path.

    It depends on the seed and the two noise levels alone. So a run that is split in two, or into more and shorter
    steps, adds the noise of the whole; and no step adds the initial noise again. Each item of a batch has a path of
    its own, known by its seed and index as in `initial_noise`, so that one item can be made again alone.
    """
    items = _items(latent, seed, batch_index)
    shape, device = latent.shape[1:], latent.device
    dtype = torch.promote_types(latent.dtype, torch.float32)  # half precision would round the path away

    def draw(place: int) -> Tensor:
        return torch.stack([torch.randn(shape, generator=_keyed(*item, place), dtype=dtype) for item in items])

    path = brownian_path(draw)
    return lambda here, below: path(here, below).to(device, latent.dtype)


def _items(latent: Tensor, seed: Seeds, batch_index: Sequence[int] | None) -> list[tuple[int, int]]:
    """Return the seed and the index of each item's noise."""
    if not isinstance(seed, int):
        if len(seed) != len(latent):
            raise ValueError(f"there are {len(seed)} seeds, the latent holds {len(latent)} items")
        return [(own, 0) for own in seed]
    indices = range(len(latent)) if batch_index is None else batch_index
    if len(indices) != len(latent):
        raise ValueError(f"the batch index names {len(indices)} items, the latent holds {len(latent)}")
    return [(seed, index) for index in indices]


def _keyed(*key: int) -> torch.Generator:
    """Return a generator whose seed mixes all numbers of the key, as torch tells only 32 bits of a seed apart."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=4).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest, "little"))
