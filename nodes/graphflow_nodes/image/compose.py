"""Pictures mixed, laid over each other and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.channels import channels_over, with_channels
from graphflow_nodes.resize import crop_to_aspect, resize
from graphflow_nodes.values import Image, Mask

if TYPE_CHECKING:
    from torch import Tensor

MODES = ("normal", "multiply", "screen", "overlay", "soft_light", "difference")
DIRECTIONS = ("right", "down", "left", "up")
COLOURS = {"white": (1, 1, 1), "black": (0, 0, 0), "red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
PLACE = Range(0, 16_384)


@node("ImageBlend", category="image/postprocessing")
def image_blend(
    image1: Image,
    image2: Image,
    *,
    blend_factor: Annotated[float, Range(0, 1, step=0.01)] = 0.5,
    blend_mode: Annotated[str, Choice(MODES)] = "normal",
) -> Image:
    """Mix pictures: a factor of 0 is the first alone, 1 the second as the mode lays it over the first.

    The second is brought to the size of the first, cropped in its middle to the shape; the shorter batch begins again
    from its first picture. `difference` is the first less the second, and black where that is below 0.
    """
    from graphflow_nodes.diffusion.batches import repeat_to

    first, second = image1.tensor, image2.tensor
    height, width = first.shape[1:3]
    if second.shape[1:3] != first.shape[1:3]:
        second = resize(crop_to_aspect(second, width, height), width, height, "bicubic")
    channels, batch = channels_over(first, second), max(len(first), len(second))
    first, second = (repeat_to(with_channels(each, channels), batch) for each in (first, second))
    return Image(first.lerp(blend(first, second, blend_mode), blend_factor).clamp(0, 1))


def blend(below: Tensor, above: Tensor, mode: str) -> Tensor:
    """Lay colours over colours; overlay and soft light by the formulas of W3C's Compositing and Blending, section 9.1.

    A difference keeps its sign.
    """
    match mode:
        case "multiply":
            return below * above
        case "screen":
            return below + above - below * above
        case "overlay":
            return (2 * below * above).where(below <= 0.5, 1 - 2 * (1 - below) * (1 - above))
        case "soft_light":
            lighter = (((16 * below - 12) * below + 4) * below).where(below <= 0.25, below.sqrt())
            darkened = below - (1 - 2 * above) * below * (1 - below)
            return darkened.where(above <= 0.5, below + (2 * above - 1) * (lighter - below))
        case "difference":
            return below - above
        case _:
            return above


@node("ImageCompositeMasked", category="image")
def image_composite_masked(
    destination: Image,
    source: Image,
    *,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
    resize_source: bool = False,
    mask: Mask | None = None,
) -> Image:
    """Lay one picture over another, with its corner at x and y, where the mask is 1.

    The mask, of any size, is stretched over the source; `resize_source` first stretches the source over the
    destination. What sticks out is cut off, and shorter batches of sources and masks begin again from their first.
    """
    from graphflow_nodes.diffusion.batches import repeat_to
    from graphflow_nodes.diffusion.compositing import paste
    from graphflow_nodes.diffusion.masks import fit_mask

    below, above = destination.tensor, source.tensor
    channels = channels_over(below, above)
    below, above = with_channels(below, channels), repeat_to(with_channels(above, channels), len(below))
    if resize_source:
        above = resize(above, below.shape[2], below.shape[1], "bilinear")
    above = above.movedim(-1, 1)
    weight = None if mask is None else fit_mask(mask.tensor, above)
    return Image(paste(below.movedim(-1, 1), above, left=x, top=y, weight=weight).movedim(1, -1).contiguous())


@node("ImageStitch", category="image/transform")
def image_stitch(
    image1: Image,
    *,
    direction: Annotated[str, Choice(DIRECTIONS)] = "right",
    match_image_size: bool = True,
    spacing_width: Annotated[int, Range(0, 1024, step=2)] = 0,
    spacing_color: Annotated[str, Choice(tuple(COLOURS))] = "white",
    image2: Image | None = None,
) -> Image:
    """Join the second picture to the first, on the side that the direction names.

    It is brought to the height, or the width, that both share; else the smaller one stands in the middle of black.
    A spacing is made even. A shorter batch repeats its last picture, and where one has alpha the other is opaque.
    """
    import torch

    if image2 is None:
        return image1
    along, across = (2, 1) if direction in ("right", "left") else (1, 2)
    first, second = _same_batch(image1.tensor, image2.tensor)
    if match_image_size:
        size = [0, first.shape[1], first.shape[2]]
        size[along] = max(1, second.shape[along] * first.shape[across] // second.shape[across])
        second = resize(second, size[2], size[1], "lanczos")
    channels, length = max(first.shape[-1], second.shape[-1]), max(first.shape[across], second.shape[across])
    parts = [_centred(with_channels(each, channels), length, across) for each in (first, second)]
    if spacing_width:
        shape = [len(first), length, length, channels]
        shape[along] = spacing_width + spacing_width % 2
        colour = with_channels(torch.tensor(COLOURS[spacing_color]).float(), max(channels, 3))
        if channels == 1:
            parts = [with_channels(each, 3) for each in parts]
        parts.insert(1, colour.expand(*shape[:3], -1))
    return Image(torch.cat(parts if direction in ("right", "down") else parts[::-1], dim=along))


def _same_batch(*pictures: Tensor) -> tuple[Tensor, ...]:
    """Repeat the last picture of shorter batches."""
    longest = max(len(each) for each in pictures)
    return tuple(each[[min(number, len(each) - 1) for number in range(longest)]] for each in pictures)


def _centred(pictures: Tensor, length: int, dim: int) -> Tensor:
    """Put black on both sides along a dimension until it has a length; with alpha, what is put is transparent."""
    shape = list(pictures.shape)
    before, shape[dim] = (length - shape[dim]) // 2, length
    result = pictures.new_zeros(shape)
    result.narrow(dim, before, pictures.shape[dim]).copy_(pictures)
    return result
