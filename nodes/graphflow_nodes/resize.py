"""Bring pictures to another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
CROPS = ("disabled", "center")


def resize(pictures: Tensor, width: int, height: int, method: str) -> Tensor:
    """Resize (batch, height, width, channels) in 0..1; what overshoots is cut off."""
    if (height, width) == tuple(pictures.shape[1:3]):
        return pictures
    if method == "lanczos":
        return _lanczos(pictures, width, height).clamp(0, 1)
    from torch.nn.functional import interpolate

    return interpolate(pictures.movedim(-1, 1), (height, width), mode=method).movedim(1, -1).clamp(0, 1)


def crop_to_aspect(pictures: Tensor, width: int, height: int) -> Tensor:
    """Cut both edges off evenly until the pictures have the shape of width x height; something always remains."""
    have_height, have_width = pictures.shape[1:3]
    left = top = 0
    if have_width * height > width * have_height:
        left = min(round((have_width - have_height * width / height) / 2), (have_width - 1) // 2)
    else:
        top = min(round((have_height - have_width * height / width) / 2), (have_height - 1) // 2)
    return pictures[:, top : have_height - top, left : have_width - left]


def fill_in(width: int, height: int, have_width: int, have_height: int) -> tuple[int, int]:
    """Return (width, height) with a 0 replaced so that the shape is kept; two zeros keep the size."""
    if width == height == 0:
        return have_width, have_height
    if width == 0:
        return max(1, round(have_width * height / have_height)), height
    if height == 0:
        return width, max(1, round(have_height * width / have_width))
    return width, height


def _lanczos(pictures: Tensor, width: int, height: int) -> Tensor:
    """Resize by Pillow, which has the filter, channel by channel in floats: nothing is rounded to bytes."""
    import numpy as np
    import torch
    from PIL import Image

    planes = pictures.movedim(-1, 1)  # (batch, channels, height, width)
    resized = [
        np.asarray(Image.fromarray(plane.numpy()).resize((width, height), Image.Resampling.LANCZOS))
        for plane in planes.flatten(0, 1)
    ]
    return torch.from_numpy(np.stack(resized)).reshape(*planes.shape[:2], height, width).movedim(1, -1)
