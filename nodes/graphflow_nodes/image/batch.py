"""Pictures in numbers: made, put together, repeated, taken out, counted."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from graphflow.api import Range, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.resize import crop_to_aspect, resize
from graphflow_nodes.values import Image

SIDE = Range(1, 16_384)
AMOUNT = Range(1, 4096)


class Size(NamedTuple):
    """How large pictures are, in pixels, and how many they are."""

    width: int
    height: int
    batch_size: int


@node("EmptyImage", category="image")
def empty_image(
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
    batch_size: Annotated[int, AMOUNT] = 1,
    color: Annotated[int, Range(0, 0xFFFFFF)] = 0,
) -> Image:
    """Make pictures of one colour: red * 65536 + green * 256 + blue, each 0 to 255."""
    import torch

    colour = torch.tensor([color >> 16, color >> 8 & 0xFF, color & 0xFF]) / 255
    return Image(colour.repeat(batch_size, height, width, 1))


@node("ImageBatch", category="image")
def image_batch(image1: Image, image2: Image) -> Image:
    """Put two batches one behind the other.

    The second is brought to the size of the first, cropped in its middle to the shape. Where only one of them has
    alpha, the other becomes opaque.
    """
    import torch

    first, second = image1.tensor, image2.tensor
    height, width = first.shape[1:3]
    if second.shape[1:3] != first.shape[1:3]:
        second = resize(crop_to_aspect(second, width, height), width, height, "bilinear")
    channels = max(first.shape[-1], second.shape[-1])
    return Image(torch.cat([with_channels(first, channels), with_channels(second, channels)]))


@node("RepeatImageBatch", category="image/batch")
def repeat_image_batch(image: Image, *, amount: Annotated[int, AMOUNT] = 1) -> Image:
    """Repeat a batch as a whole: first, second, first, second."""
    return Image(image.tensor.repeat(amount, 1, 1, 1))


@node("ImageFromBatch", category="image/batch")
def image_from_batch(
    image: Image, *, batch_index: Annotated[int, Range(0, 4095)] = 0, length: Annotated[int, AMOUNT] = 1
) -> Image:
    """Take some pictures out of a batch, counted from 0; what lies behind the end gives the last, or fewer."""
    first = min(batch_index, len(image.tensor) - 1)
    return Image(image.tensor[first : first + length].clone())


@node("GetImageSize", category="image")
def get_image_size(image: Image) -> Size:
    """Tell how large pictures are, and how many."""
    batch, height, width, _ = image.tensor.shape
    return Size(width, height, batch)
