"""The size of pictures."""

from __future__ import annotations

from math import sqrt
from typing import Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.resize import CROPS, METHODS, crop_to_aspect, fill_in, resize
from graphflow_nodes.values import Image

SIDE = Range(0, 16_384)
MEGAPIXEL = 1024 * 1024


@node("ImageScale", category="image/upscaling")
def image_scale(
    image: Image,
    *,
    upscale_method: Annotated[str, Choice(METHODS)] = "nearest-exact",
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    crop: Annotated[str, Choice(CROPS)] = "disabled",
) -> Image:
    """Bring pictures to a size; 0 for one side keeps their shape, `center` crops to the new shape first."""
    pictures = image.tensor
    width, height = fill_in(width, height, pictures.shape[2], pictures.shape[1])
    if crop == "center":
        pictures = crop_to_aspect(pictures, width, height)
    return Image(resize(pictures, width, height, upscale_method))


@node("ImageScaleBy", category="image/upscaling")
def image_scale_by(
    image: Image,
    *,
    upscale_method: Annotated[str, Choice(METHODS)] = "nearest-exact",
    scale_by: Annotated[float, Range(0.01, 8, step=0.01)] = 1.0,
) -> Image:
    """Make pictures larger or smaller by a factor, at least one pixel wide and high."""
    return _scaled(image, scale_by, upscale_method)


@node("ImageScaleToTotalPixels", category="image/upscaling")
def image_scale_to_total_pixels(
    image: Image,
    *,
    upscale_method: Annotated[str, Choice(METHODS)] = "nearest-exact",
    megapixels: Annotated[float, Range(0.01, 16, step=0.01)] = 1.0,
) -> Image:
    """Bring pictures to a number of pixels in their own shape; a megapixel is 1024 * 1024."""
    _, height, width, _ = image.tensor.shape
    return _scaled(image, sqrt(megapixels * MEGAPIXEL / (width * height)), upscale_method)


def _scaled(image: Image, factor: float, method: str) -> Image:
    _, height, width, _ = image.tensor.shape
    return Image(resize(image.tensor, max(1, round(width * factor)), max(1, round(height * factor)), method))
