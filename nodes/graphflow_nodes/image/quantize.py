"""Pictures of a few colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from graphflow.api import SILENT, Choice, Context, Range, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.pictures import to_bytes
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

DITHERS = ("none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16")


@node("ImageQuantize", category="image/postprocessing")
def image_quantize(
    image: Image,
    *,
    colors: Annotated[int, Range(1, 256)] = 256,
    dither: Annotated[str, Choice(DITHERS)] = "none",
    ctx: Context = SILENT,
) -> Image:
    """Paint each picture with a few colours of its own, chosen by median cut; alpha is kept as it is.

    `floyd-steinberg` hands each pixel's error on to its neighbours, `bayer-n` lays a pattern of n x n pixels over.
    """
    import numpy as np
    import torch
    from PIL import Image as Pillow

    pixels = to_bytes(with_channels(image.tensor, 3))
    painted = [np.asarray(quantize(Pillow.fromarray(each), colors, dither)) for each in ctx.track(pixels)]
    result = torch.from_numpy(np.stack(painted)).float() / 255
    channels = image.tensor.shape[-1]
    return Image(torch.cat([result[..., :channels], image.tensor[..., 3:]], dim=-1))


def quantize(picture: Picture, colors: int, dither: str) -> Picture:
    """Return an RGB picture in at most so many of its own colours, as RGB again."""
    import numpy as np
    from PIL import Image as Pillow

    palette = picture.quantize(colors, Pillow.Quantize.MEDIANCUT)
    how = Pillow.Dither.FLOYDSTEINBERG if dither == "floyd-steinberg" else Pillow.Dither.NONE
    if dither.startswith("bayer"):
        pattern = bayer(int(dither.removeprefix("bayer-")))
        rows, columns = (np.arange(side) % len(pattern) for side in (picture.height, picture.width))
        there = pattern[rows[:, None], columns]
        shifted = np.asarray(picture) + 2 * 256 / colors * there[:, :, None] + 0.5
        picture = Pillow.fromarray(shifted.clip(0, 255).astype(np.uint8))
    return picture.quantize(palette=palette, dither=how).convert("RGB")


def bayer(size: int) -> NDArray[np.float64]:
    """Return the ordered thresholds of a size x size cell, a power of two, evenly between -0.5 and 0.5.

    Bayer 1973: M(2n) = [[4 M(n), 4 M(n) + 2], [4 M(n) + 3, 4 M(n) + 1]], from M(1) = 0.
    """
    import numpy as np

    order = np.zeros((1, 1))
    while len(order) < size:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return (order + 0.5) / size**2 - 0.5
