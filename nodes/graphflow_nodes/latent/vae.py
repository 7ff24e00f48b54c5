"""Between pictures and an autoencoder's space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from graphflow.api import SILENT, Checked, Context, Facts, NodeError, Range, node
from graphflow_nodes.facts import SPACE, mismatches, pass_on
from graphflow_nodes.values import Blank, Image, Latent, Vae

if TYPE_CHECKING:
    from torch import Tensor

SIDE = Range(16, 16_384, step=8)


@node("EmptyLatent", category="latent", also=("EmptyLatentImage",))
def empty_latent(
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    batch_size: Annotated[int, Range(1, 4096)] = 1,
) -> Latent:
    """Start from nothing: pictures of so many pixels, rounded down to what the model can make."""
    return Latent(Blank(width, height, batch_size))


@node("VAEEncode", category="latent", revision=2, check=pass_on("vae"))
def vae_encode(pixels: Image, vae: Vae, *, ctx: Context = SILENT) -> Latent:
    """Turn pictures into latents; edges that do not fill a cell are cut off evenly. Alpha is left out."""
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    factor = autoencoder.space.factor
    return Latent(autoencoder.encode(whole_cells(in_colour(pixels.tensor), factor)), factor=factor)


def _check_decode(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Refuse latents that were made for another autoencoder."""
    problems = mismatches(
        facts.get("samples", {}),
        facts.get("vae", {}),
        SPACE,
        input="samples",
        hint="decode with the VAE of the model that the latent was made for",
    )
    return Checked(tuple(problems))


@node("VAEDecode", category="latent", check=_check_decode)
def vae_decode(samples: Latent, vae: Vae, *, ctx: Context = SILENT) -> Image:
    """Turn latents into pictures."""
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    space = autoencoder.space
    return Image(autoencoder.decode(samples.tensor(space.channels, space.factor)))


def in_colour(pictures: Tensor) -> Tensor:
    """Return the three colours of (batch, height, width, channels): grey as grey, alpha left out."""
    return pictures.expand(-1, -1, -1, 3) if pictures.shape[-1] == 1 else pictures[..., :3]


def whole_cells(pictures: Tensor, factor: int) -> Tensor:
    """Cut the edges of (batch, height, width, channels) off evenly until both sides are whole latent cells.

    Raise NodeError when less than one cell is there.
    """
    height, width = pictures.shape[1:3]
    if min(height, width) < factor:
        raise NodeError(
            f"a picture of {width} x {height} pixels is smaller than one cell of the latent, {factor} x {factor}",
            input="pixels",
        )
    top, left = height % factor // 2, width % factor // 2
    return pictures[:, top : top + height // factor * factor, left : left + width // factor * factor]
