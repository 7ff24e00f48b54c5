"""Latents of which a part is to be made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from graphflow.api import SILENT, Context, Range, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.facts import pass_on
from graphflow_nodes.values import Image, Latent, Mask, Vae


@node("SetLatentNoiseMask", category="latent/inpaint", check=pass_on("samples"))
def set_latent_noise_mask(samples: Latent, mask: Mask) -> Latent:
    """Paint only where the mask is 1 and keep the rest of the latent."""
    return replace(samples, noise_mask=mask.tensor)


@node("VAEEncodeForInpaint", category="latent/inpaint", check=pass_on("vae"))
def vae_encode_for_inpaint(
    pixels: Image,
    vae: Vae,
    mask: Mask,
    *,
    grow_mask_by: Annotated[int, Range(0, 64)] = 6,
    ctx: Context = SILENT,
) -> Latent:
    """Turn pictures into latents with the masked part greyed out, to be made anew without a trace of it.

    A pixel counts as masked above 0.5; the noise mask is that part grown by a square of `grow_mask_by` pixels, so
    that no grey remains at its border. A mask of another size is fitted to the picture, and a shorter batch of masks
    begins again from its first. Alpha is left out.
    """
    from graphflow_nodes.diffusion.masks import fit_mask, grey_inside
    from graphflow_nodes.diffusion.morphology import grow_by_box
    from graphflow_nodes.models.cells import whole_cells
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    factor = autoencoder.space.factor
    pictures = whole_cells(with_channels(pixels.tensor, 3), factor)
    fitted = fit_mask(mask.tensor, pixels.tensor.movedim(-1, 1))  # (batch, 1, height, width)
    hard = (whole_cells(fitted.movedim(1, -1), factor) > 0.5).float().movedim(-1, 1)
    grown = grow_by_box(hard, grow_mask_by) if grow_mask_by else hard
    return Latent(autoencoder.encode(grey_inside(pictures, hard[:, 0])), noise_mask=grown[:, 0], factor=factor)
