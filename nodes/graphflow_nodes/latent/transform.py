"""Latents mirrored, turned and cut out; a noise mask always goes with the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.values import Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor

ROTATIONS = ("none", "90 degrees", "180 degrees", "270 degrees")
FLIPS = ("x-axis: vertically", "y-axis: horizontally")
PLACE = Range(0, 16_384, step=8)
SIDE = Range(64, 16_384, step=8)
SMALLEST = 64
"""Pixels that a cut-out keeps at the right and the lower edge, as in ComfyUI."""


@node("LatentFlip", category="latent/transform", check=pass_on("samples"))
def latent_flip(samples: Latent, *, flip_method: Annotated[str, Choice(FLIPS)] = FLIPS[0]) -> Latent:
    """Turn latents upside down, or left to right; their noise masks too."""
    dim = -2 if flip_method == FLIPS[0] else -1
    mask = samples.noise_mask
    return replace(
        samples,
        samples=samples.samples if isinstance(samples.samples, Blank) else samples.samples.flip(dim),
        noise_mask=None if mask is None else mask.flip(dim),
    )


@node("LatentRotate", category="latent/transform", check=pass_on("samples"))
def latent_rotate(samples: Latent, *, rotation: Annotated[str, Choice(ROTATIONS)] = ROTATIONS[0]) -> Latent:
    """Turn latents clockwise; their noise masks too."""
    quarters = ROTATIONS.index(rotation)
    mask = samples.noise_mask
    turned: Tensor | Blank
    if isinstance(samples.samples, Blank):
        blank = samples.samples
        turned = Blank(blank.height, blank.width, blank.batch) if quarters % 2 else blank
    else:
        turned = samples.samples.rot90(quarters, (-1, -2))
    return replace(samples, samples=turned, noise_mask=None if mask is None else mask.rot90(quarters, (-1, -2)))


@node("LatentCrop", category="latent/transform", check=pass_on("samples"))
def latent_crop(
    samples: Latent,
    *,
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
) -> Latent:
    """Cut a rectangle, in pixels, out of latents and their noise masks.

    Where it reaches beyond the edge it is cut off; one that begins less than 64 pixels before the right or the lower
    edge, or outside, is moved to begin there. All is rounded down to whole cells, except in an empty latent.
    """
    have, cell = samples.samples, samples.cell
    if isinstance(have, Blank):
        left, right = _span(x, width, have.width, 1)
        top, bottom = _span(y, height, have.height, 1)
        cut: Tensor | Blank = Blank(right - left, bottom - top, have.batch)
        size = have.height, have.width
    else:
        left, right = _span(x, width, have.shape[3] * cell, cell)
        top, bottom = _span(y, height, have.shape[2] * cell, cell)
        cut = have[:, :, top // cell : bottom // cell, left // cell : right // cell].clone()
        size = have.shape[2] * cell, have.shape[3] * cell
    mask = samples.noise_mask
    if mask is not None:
        mask = _in_pixels(mask, size)[:, top:bottom, left:right]
    return replace(samples, samples=cut, noise_mask=mask)


def _span(start: int, length: int, have: int, cell: int) -> tuple[int, int]:
    """Return where a cut begins and ends along one side, in pixels that are whole cells."""
    begin = max(0, min(start // cell * cell, have - SMALLEST // cell * cell))
    return begin, min(have, begin + max(1, length // cell) * cell)


def _in_pixels(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring a noise mask of any size to (batch, height, width) in pixels, where a rectangle can be cut out of it."""
    from torch.nn.functional import interpolate

    if tuple(mask.shape[-2:]) == size:
        return mask
    return interpolate(mask[:, None], size, mode="bilinear")[:, 0]
