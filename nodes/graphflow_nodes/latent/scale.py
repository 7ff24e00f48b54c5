"""Latents at another size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.resize import CROPS, crop_to_aspect, fill_in
from graphflow_nodes.values import Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "bislerp")
SIDE = Range(0, 16_384, step=8)
SMALLEST = 64
"""Sides in pixels that are asked to be smaller become this, as in ComfyUI."""


@node("LatentUpscale", category="latent", check=pass_on("samples"))
def latent_upscale(
    samples: Latent,
    *,
    upscale_method: Annotated[str, Choice(METHODS)] = "nearest-exact",
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    crop: Annotated[str, Choice(CROPS)] = "disabled",
) -> Latent:
    """Bring latents to the size of a picture of so many pixels.

    A 0 for one side keeps the shape, two keep the size; less than 64 pixels become 64. `center` crops to the new
    shape first, the noise mask as well. An empty latent only changes its size. `bislerp` goes between neighbours
    along arcs rather than straight lines, which keeps their contrast.
    """
    if width == height == 0:
        return samples
    if isinstance(samples.samples, Blank):
        have = samples.samples
        width, height = _at_least(*fill_in(width, height, have.width, have.height))
        return replace(
            samples, samples=Blank(width, height, have.batch), noise_mask=_cropped(samples, width, height, crop)
        )
    latent, cell = samples.samples, samples.cell
    width, height = _at_least(*fill_in(width, height, latent.shape[3], latent.shape[2]))
    mask = _cropped(samples, width // cell, height // cell, crop)
    scaled = fit(latent, width // cell, height // cell, upscale_method, crop=crop)
    return replace(samples, samples=scaled, noise_mask=mask)


@node("LatentUpscaleBy", category="latent", check=pass_on("samples"))
def latent_upscale_by(
    samples: Latent,
    *,
    upscale_method: Annotated[str, Choice(METHODS)] = "nearest-exact",
    scale_by: Annotated[float, Range(0.01, 8, step=0.01)] = 1.5,
) -> Latent:
    """Bring latents to a multiple of their size, rounded to whole cells, of which one always remains.

    An empty latent only changes its size, down to 16 pixels.
    """
    if isinstance(samples.samples, Blank):
        blank = samples.samples
        width, height = (max(16, round(side * scale_by)) for side in (blank.width, blank.height))
        return replace(samples, samples=Blank(width, height, blank.batch))
    latent = samples.samples
    height, width = (max(1, round(side * scale_by)) for side in latent.shape[2:])
    return replace(samples, samples=fit(latent, width, height, upscale_method))


def fit(latent: Tensor, width: int, height: int, method: str, *, crop: str = "disabled") -> Tensor:
    """Bring (batch, channels, height, width) to a size in cells, where wanted cropped to the new shape first."""
    from graphflow_nodes.diffusion.resizing import resize_latent

    if crop == "center":
        latent = crop_to_aspect(latent.movedim(1, -1), width, height).movedim(-1, 1)
    return resize_latent(latent, width, height, method)


def _at_least(width: int, height: int) -> tuple[int, int]:
    return max(SMALLEST, width), max(SMALLEST, height)


def _cropped(latent: Latent, width: int, height: int, crop: str) -> Tensor | None:
    """Return the noise mask, which may have any size, in the shape that a latent is cropped to."""
    mask = latent.noise_mask
    if mask is None or crop != "center":
        return mask
    return crop_to_aspect(mask[..., None], width, height)[..., 0]
