"""Two latents laid over each other or mixed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from graphflow.api import Range, node
from graphflow_nodes.facts import same_space
from graphflow_nodes.latent.pairs import together
from graphflow_nodes.latent.scale import fit
from graphflow_nodes.values import Blank, Latent, Mask

PLACE = Range(0, 16_384, step=8)


@node("LatentComposite", category="latent", check=same_space("samples_to", "samples_from"))
def latent_composite(
    samples_to: Latent,
    samples_from: Latent,
    *,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
    feather: Annotated[int, PLACE] = 0,
) -> Latent:
    """Lay one latent over another, with its corner at x and y, in pixels of the picture.

    `feather` pixels of its edges fade in, except where it reaches the edge of the latent below. What sticks out is
    cut off, places are rounded down to whole cells, and a shorter batch on top begins again from its first item.
    """
    from graphflow_nodes.diffusion.batches import repeat_to
    from graphflow_nodes.diffusion.compositing import paste, ramp

    if _both_blank(samples_to, samples_from):
        return samples_to
    pair = together(samples_to, samples_from, input="samples_from")
    left, top, soft = x // pair.cell, y // pair.cell, feather // pair.cell
    below, above = pair.first, repeat_to(pair.second, len(pair.first))
    above = above[..., : max(0, below.shape[2] - top), : max(0, below.shape[3] - left)]
    height, width = above.shape[2:]
    rows = ramp(height, soft if top else 0, soft if top + height < below.shape[2] else 0)
    columns = ramp(width, soft if left else 0, soft if left + width < below.shape[3] else 0)
    pasted = paste(below, above, left=left, top=top, weight=rows[:, None] * columns if soft else None)
    return replace(samples_to, samples=pasted, factor=pair.factor)


@node("LatentCompositeMasked", category="latent", check=same_space("destination", "source"))
def latent_composite_masked(
    destination: Latent,
    source: Latent,
    *,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
    resize_source: bool = False,
    mask: Mask | None = None,
) -> Latent:
    """Lay one latent over another, with its corner at x and y in pixels, where the mask is 1.

    The mask, of any size, is stretched over the source; `resize_source` first stretches the source over the
    destination. What sticks out is cut off, and shorter batches of sources and masks begin again from their first.
    """
    from graphflow_nodes.diffusion.batches import repeat_to
    from graphflow_nodes.diffusion.compositing import paste
    from graphflow_nodes.diffusion.masks import fit_mask
    from graphflow_nodes.diffusion.resizing import resize_latent

    if _both_blank(destination, source):
        return destination
    pair = together(destination, source, input="source")
    below, above = pair.first, repeat_to(pair.second, len(pair.first))
    if resize_source:
        above = resize_latent(above, below.shape[3], below.shape[2], "bilinear")
    weight = None if mask is None else fit_mask(mask.tensor, above)
    pasted = paste(below, above, left=x // pair.cell, top=y // pair.cell, weight=weight)
    return replace(destination, samples=pasted, factor=pair.factor)


@node("LatentBlend", category="latent", check=same_space("samples1", "samples2"))
def latent_blend(
    samples1: Latent, samples2: Latent, *, blend_factor: Annotated[float, Range(0, 1, step=0.01)] = 0.5
) -> Latent:
    """Mix two latents: a factor of 1 is the first alone, 0 the second.

    The second is brought to the size of the first, cropped in its middle to the shape; the shorter batch begins again
    from its first item. The noise mask is the first's, and so are the numbers and seeds of noise unless its batch is
    the shorter one.
    """
    from graphflow_nodes.diffusion.batches import repeat_to

    batch = max(samples1.batch, samples2.batch)
    first = samples1 if batch == samples1.batch else replace(samples1, batch_index=None, seeds=None)
    if isinstance(samples1.samples, Blank) and isinstance(samples2.samples, Blank):
        return replace(first, samples=replace(samples1.samples, batch=batch))
    pair = together(samples1, samples2, input="samples2")
    fitted = fit(pair.second, pair.first.shape[3], pair.first.shape[2], "bicubic", crop="center")
    mixed = repeat_to(fitted, batch).lerp(repeat_to(pair.first, batch), blend_factor)
    return replace(first, samples=mixed, factor=pair.factor)


def _both_blank(one: Latent, other: Latent) -> bool:
    return isinstance(one.samples, Blank) and isinstance(other.samples, Blank)
