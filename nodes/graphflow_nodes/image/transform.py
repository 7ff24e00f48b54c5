"""Pictures cut out, flipped and turned."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.values import Image

SIDE = Range(1, 16_384)
PLACE = Range(0, 16_384)
TURNS = ("none", "90 degrees", "180 degrees", "270 degrees")
FLIPS = ("x-axis: vertically", "y-axis: horizontally")


@node("ImageCrop", category="image/transform")
def image_crop(
    image: Image,
    *,
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
) -> Image:
    """Cut a rectangle out whose corner is at x and y; it ends where the picture ends, and has a pixel at least."""
    left, top = min(x, image.tensor.shape[2] - 1), min(y, image.tensor.shape[1] - 1)
    return Image(image.tensor[:, top : top + height, left : left + width].clone())


@node("ImageFlip", category="image/transform")
def image_flip(image: Image, *, flip_method: Annotated[str, Choice(FLIPS)] = "x-axis: vertically") -> Image:
    """Mirror pictures: at the x-axis top and bottom change places, at the y-axis left and right."""
    return Image(image.tensor.flip(1 + FLIPS.index(flip_method)))


@node("ImageRotate", category="image/transform")
def image_rotate(image: Image, *, rotation: Annotated[str, Choice(TURNS)] = "none") -> Image:
    """Turn pictures clockwise."""
    return Image(image.tensor.rot90(-TURNS.index(rotation), (1, 2)).contiguous())
