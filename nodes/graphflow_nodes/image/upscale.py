"""Larger pictures by a trained network."""

from __future__ import annotations

from graphflow.api import SILENT, Context, node
from graphflow_nodes.resize import resize
from graphflow_nodes.values import Image, UpscaleModel


@node("ImageUpscaleWithModel", category="image/upscaling")
def image_upscale_with_model(upscale_model: UpscaleModel, image: Image, *, ctx: Context = SILENT) -> Image:
    """Make pictures larger by a trained network, as many times as it was trained for; alpha is enlarged bicubically.

    Large pictures go through in windows that overlap, so memory stays within bounds.
    """
    import torch

    from graphflow_nodes.models.pool import ModelPool

    upscaler = ctx.use(ModelPool).upscaler(upscale_model.recipe)
    colours = upscaler.enlarge(image.tensor, ctx.track)
    if image.tensor.shape[-1] < 4:
        return Image(colours)
    _, height, width, _ = colours.shape
    return Image(torch.cat([colours, resize(image.tensor[..., 3:4], width, height, "bicubic")], dim=-1))
