"""Room around pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import Choice, Range, node
from graphflow_nodes.resize import resize
from graphflow_nodes.values import Image, Mask

if TYPE_CHECKING:
    from torch import Tensor

EDGE = Range(0, 16_384)
SIDE = Range(1, 16_384)
PADDINGS = ("white", "black")
INTERPOLATIONS = ("area", "bicubic", "nearest-exact", "bilinear", "lanczos")


class Padded(NamedTuple):
    """Pictures with room around them, and a mask of what is to be painted."""

    image: Image
    mask: Mask


@node("ImagePadForOutpaint", category="image")
def image_pad_for_outpaint(
    image: Image,
    *,
    left: Annotated[int, EDGE] = 0,
    top: Annotated[int, EDGE] = 0,
    right: Annotated[int, EDGE] = 0,
    bottom: Annotated[int, EDGE] = 0,
    feathering: Annotated[int, EDGE] = 40,
) -> Padded:
    """Put grey room around pictures, and mask it to be painted.

    The mask, one for all pictures, is 1 in the new room and fades to 0 inside the picture, over `feathering` pixels
    from each side that grew; it ends sharply where the picture is not more than twice as wide or high as that.
    """
    import torch

    batch, height, width, channels = image.tensor.shape
    wide, high = left + width + right, top + height + bottom
    inside = slice(top, top + height), slice(left, left + width)
    pictures = torch.full((batch, high, wide, channels), 0.5)
    pictures[:, inside[0], inside[1]] = image.tensor
    mask = torch.ones(1, high, wide)
    mask[0, inside[0], inside[1]] = feather(height, width, (left, top, right, bottom), feathering)
    return Padded(Image(pictures), Mask(mask))


def feather(height: int, width: int, grown: tuple[int, int, int, int], feathering: int) -> Tensor:
    """Return the mask inside a picture, (height, width): (1 - d / feathering)^2, at d pixels from where it grew.

    `grown` says by how many pixels it did at the left, top, right and bottom. From the right and the bottom d counts
    the pixel itself.
    """
    import torch

    if feathering == 0 or 2 * feathering >= min(height, width):
        return torch.zeros(height, width)
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    distance = torch.full((height, width), feathering)
    for side, away in zip(grown, (columns, rows, width - columns, height - rows), strict=True):
        if side:
            distance = distance.minimum(away)
    return (1 - distance / feathering) ** 2


@node("ResizeAndPadImage", category="image/transform")
def resize_and_pad_image(
    image: Image,
    *,
    target_width: Annotated[int, SIDE] = 512,
    target_height: Annotated[int, SIDE] = 512,
    padding_color: Annotated[str, Choice(PADDINGS)] = "white",
    interpolation: Annotated[str, Choice(INTERPOLATIONS)] = "area",
) -> Image:
    """Fit pictures into a size in their own shape, in the middle of white or black; a padding has no transparency."""
    import torch

    batch, height, width, channels = image.tensor.shape
    scale = min(target_width / width, target_height / height)
    # As far as it fits: the fraction is cut off, and a rounding error of the product must not count as one.
    wide, high = (max(1, int(side * scale + 1e-6)) for side in (width, height))
    fitted = resize(image.tensor, wide, high, interpolation)
    result = torch.full((batch, target_height, target_width, channels), 1.0 - PADDINGS.index(padding_color))
    result[..., 3:] = 1
    left, top = (target_width - wide) // 2, (target_height - high) // 2
    result[:, top : top + high, left : left + wide] = fitted
    return Image(result)
