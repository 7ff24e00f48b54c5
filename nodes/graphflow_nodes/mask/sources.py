"""Masks: where a picture is made anew (1) and where it is kept (0)."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import Choice, File, Folder, Range, node
from graphflow_nodes.pictures import SUFFIXES, read_picture
from graphflow_nodes.values import Mask

CHANNELS = ("alpha", "red", "green", "blue")
SIDE = Range(1, 16_384)


@node("Mask", category="mask", also=("LoadImageMask",))
def mask_from_file(
    image: Annotated[File, Folder("input", SUFFIXES)], channel: Annotated[str, Choice(CHANNELS)] = "alpha"
) -> Mask:
    """Take one channel of a picture file as a mask.

    Alpha is turned round, so that what was erased is made anew; a picture without alpha then keeps everything.
    """
    import torch

    pixels = read_picture(image.path, name=image.name)
    if channel != "alpha":
        return Mask(torch.from_numpy(pixels.colours[:, :, :, CHANNELS.index(channel) - 1].copy()))
    if pixels.alpha is None:
        return Mask(torch.zeros(len(pixels.colours), 64, 64))
    return Mask(1 - torch.from_numpy(pixels.alpha))


@node("SolidMask", category="mask")
def solid_mask(
    value: Annotated[float, Range(0, 1, step=0.01)] = 1.0,
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
) -> Mask:
    """Make a mask with the same value everywhere."""
    import torch

    return Mask(torch.full((1, height, width), value))


@node("InvertMask", category="mask")
def invert_mask(mask: Mask) -> Mask:
    """Keep what was to be made anew, and make anew what was to be kept."""
    return Mask(1 - mask.tensor)
