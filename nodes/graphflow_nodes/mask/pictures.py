"""Masks from pictures, and masks as pictures."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import Choice, NodeError, Range, node
from graphflow_nodes.values import Image, Mask

CHANNELS = ("red", "green", "blue", "alpha")


@node("MaskToImage", category="mask")
def mask_to_image(mask: Mask) -> Image:
    """Show masks as grey pictures: 0 is black, 1 is white."""
    return Image(mask.tensor[..., None].expand(-1, -1, -1, 3))


@node("ImageToMask", category="mask")
def image_to_mask(image: Image, *, channel: Annotated[str, Choice(CHANNELS)] = "red") -> Mask:
    """Take one channel of pictures as masks, as it is: opaque becomes 1.

    Grey pictures give the same for red, green and blue. Alpha is refused where there is none.
    """
    pixels = image.tensor
    index, channels = CHANNELS.index(channel), pixels.shape[-1]
    if channel == "alpha" and channels != 4:
        raise NodeError(
            f"these pictures have {channels} channels and no alpha",
            input="channel",
            hint="choose a colour; LoadImage gives the alpha of a file as its second output, turned round",
        )
    return Mask(pixels[..., min(index, channels - 1)].clone())


@node("ImageColorToMask", category="mask")
def image_color_to_mask(image: Image, *, color: Annotated[int, Range(0, 0xFFFFFF)] = 0) -> Mask:
    """Mask the pixels of exactly one colour, red * 65536 + green * 256 + blue, each 0 to 255; alpha is not looked at."""
    import torch

    bytes_ = (image.tensor[..., :3].clamp(0, 1) * 255).round().to(torch.int32)  # a single channel stands for all
    wanted = torch.tensor([color >> 16, color >> 8 & 0xFF, color & 0xFF], dtype=torch.int32)
    return Mask((bytes_ == wanted).all(-1).float())
