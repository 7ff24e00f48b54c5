"""Between pictures and an autoencoder's space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from graphflow.api import SILENT, Checked, Context, Facts, Range, node
from graphflow_nodes.facts import SPACE, mismatches, pass_on
from graphflow_nodes.values import Blank, Image, Latent, Vae

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
    return Latent(autoencoder.encode(pixels.tensor), factor=autoencoder.space.factor)


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
