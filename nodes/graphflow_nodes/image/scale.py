"""The size of pictures."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.resize import CROPS, METHODS, crop_to_aspect, fill_in, resize
from graphflow_nodes.values import Image

SIDE = Range(0, 16_384)


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
