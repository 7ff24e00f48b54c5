"""Batches of latents: repeated, taken apart, put together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from graphflow.api import NodeError, Range, node
from graphflow_nodes.facts import pass_on, same_space
from graphflow_nodes.latent.pairs import together
from graphflow_nodes.latent.scale import fit
from graphflow_nodes.values import Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor

SEEDS = 2**64


@node("RepeatLatentBatch", category="latent/batch", check=pass_on("samples"))
def repeat_latent_batch(samples: Latent, *, amount: Annotated[int, Range(1, 64)] = 1) -> Latent:
    """Repeat a batch as a whole, so many times.

    Masks of single items are repeated with them. Numbers of noise, and seeds, go on behind the highest with each
    round, so that every item has its own noise.
    """
    have, mask = samples.samples, samples.noise_mask
    index, seeds = (_going_on(each, amount) for each in (samples.batch_index, samples.seeds))
    if mask is not None and len(mask) > 1:
        mask = _one_each(mask, samples.batch).repeat(amount, 1, 1)
    repeated = (
        Blank(have.width, have.height, have.batch * amount) if isinstance(have, Blank) else have.repeat(amount, 1, 1, 1)
    )
    return replace(samples, samples=repeated, noise_mask=mask, batch_index=index, seeds=seeds)


@node("LatentFromBatch", category="latent/batch", check=pass_on("samples"))
def latent_from_batch(
    samples: Latent,
    *,
    batch_index: Annotated[int, Range(0, 63)] = 0,
    length: Annotated[int, Range(1, 64)] = 1,
) -> Latent:
    """Take items out of a batch, each with its mask and the noise that it had there.

    A first item behind the last means the last, and the length ends with the batch.
    """
    have, mask = samples.samples, samples.noise_mask
    first = min(batch_index, samples.batch - 1)
    end = min(first + length, samples.batch)
    index = samples.batch_index if samples.batch_index is not None else tuple(range(samples.batch))
    if mask is not None and len(mask) > 1:
        mask = _one_each(mask, samples.batch)[first:end]
    taken = Blank(have.width, have.height, end - first) if isinstance(have, Blank) else have[first:end].clone()
    seeds = None if samples.seeds is None else samples.seeds[first:end]
    return replace(samples, samples=taken, noise_mask=mask, batch_index=index[first:end], seeds=seeds)


@node("LatentBatch", category="latent/batch", check=same_space("samples1", "samples2"))
def latent_batch(samples1: Latent, samples2: Latent) -> Latent:
    """Put two batches behind each other.

    The second is brought to the size of the first, cropped in its middle to the shape. Each item keeps its number of
    noise, or its seed: equal numbers get equal noise. The noise mask is the first's, for all.
    """
    index, seeds = _numbers(samples1) + _numbers(samples2), _seeds(samples1, samples2)
    one, other = samples1.samples, samples2.samples
    if isinstance(one, Blank) and isinstance(other, Blank):
        blank = Blank(one.width, one.height, one.batch + other.batch)
        return replace(samples1, samples=blank, batch_index=index, seeds=seeds)
    import torch

    pair = together(samples1, samples2, input="samples2")
    fitted = fit(pair.second, pair.first.shape[3], pair.first.shape[2], "bilinear", crop="center")
    put = torch.cat([pair.first, fitted])
    return replace(samples1, samples=put, batch_index=index, seeds=seeds, factor=pair.factor)


def _going_on(numbers: tuple[int, ...] | None, amount: int) -> tuple[int, ...] | None:
    """Return numbers and, for every further round, as many behind the highest, with the same gaps between them."""
    if numbers is None:
        return None
    span = max(numbers) - min(numbers) + 1
    return tuple((number + turn * span) % SEEDS for turn in range(amount) for number in numbers)


def _seeds(one: Latent, other: Latent) -> tuple[int, ...] | None:
    if one.seeds is None or other.seeds is None:
        if one.seeds is not other.seeds:
            raise NodeError(
                "one of the latents has seeds of its own, the other has none",
                input="samples2" if one.seeds is None else "samples1",
                hint="put SetLatentSeeds behind LatentBatch",
            )
        return None
    return one.seeds + other.seeds


def _numbers(latent: Latent) -> tuple[int, ...]:
    return latent.batch_index if latent.batch_index is not None else tuple(range(latent.batch))


def _one_each(mask: Tensor, batch: int) -> Tensor:
    from graphflow_nodes.diffusion.batches import repeat_to

    return repeat_to(mask, batch)
