"""Edges of pictures: Canny's detector, whose lines are one pixel thick."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

LUMA: Final = (0.299, 0.587, 0.114)
"""How much red, green and blue count in a grey; ITU-R BT.601."""
BELL: Final = tuple(math.exp(-(place**2) / 2) for place in (-2, -1, 0, 1, 2))
"""A Gaussian of deviation 1, cut off where it has fallen to a seventh."""
EQUAL: Final = 1e-4
"""Strengths that differ by a smaller share are one, so that no rounding decides."""
AROUND: Final = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)


def canny(pictures: Tensor, low: float, high: float) -> Tensor:
    """Mark the edges of pictures, (batch, height, width, 3) in 0..1, as (batch, height, width) booleans.

    Canny 1986: blur, take the gradient of the grey, keep it where it is largest along its own direction, and of the
    lines that remain those that reach `high` somewhere, as far as they stay above `low`. Thresholds are in units of
    the Sobel operator, whose largest answer to a sharp step from 0 to 1 is about 2.8 after the blur.
    """
    grey = pictures[..., :3] @ torch.tensor(LUMA, dtype=pictures.dtype)
    down, right = gradient(blurred(grey[:, None]))
    strength = torch.hypot(down, right)
    ridge = along_gradient_largest(strength, down, right)[:, 0]
    strength = strength[:, 0]
    return connected(ridge & (strength >= high), ridge & (strength >= low))


def blurred(grey: Tensor) -> Tensor:
    """Blur (batch, 1, height, width) by a Gaussian of deviation 1; beyond the border its pixels repeat."""
    bell = torch.tensor(BELL, dtype=grey.dtype)
    bell = bell / bell.sum()
    rows = conv2d(pad(grey, (0, 0, 2, 2), mode="replicate"), bell.reshape(1, 1, 5, 1))
    return conv2d(pad(rows, (2, 2, 0, 0), mode="replicate"), bell.reshape(1, 1, 1, 5))


def gradient(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Return how (batch, 1, height, width) grows downwards and to the right: Sobel's operator, not normalised."""
    right = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=grey.dtype)
    answers = conv2d(pad(grey, (1, 1, 1, 1), mode="replicate"), torch.stack([right.T, right])[:, None])
    return answers[:, :1], answers[:, 1:]


def along_gradient_largest(strength: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Mark where a gradient, (batch, 1, height, width), is larger than one step ahead of it and behind it.

    The strength there lies between two pixels, one straight on and one across the corner, and is mixed from both
    (Canny 1986, section VIII). Of two equal neighbours, as on a step between two pixels, the one ahead stays.
    """
    steep = down.abs() > right.abs()
    long, short = torch.where(steep, down, right), torch.where(steep, right, down)
    across = (short / torch.where(long == 0, 1, long)).abs()

    def beside(sign: int) -> Tensor:
        mixed = torch.zeros_like(strength)
        for slanted in (False, True):
            share = across if slanted else 1 - across
            for step_down, step_right in AROUND:
                here = _points(down, right, steep, slanted, sign, (step_down, step_right))
                mixed = mixed + torch.where(here, share * _moved(strength, step_down, step_right), 0)
        return mixed

    return (strength > beside(1) * (1 + EQUAL)) & (strength >= beside(-1) * (1 - EQUAL))


def _points(down: Tensor, right: Tensor, steep: Tensor, slanted: bool, sign: int, step: tuple[int, int]) -> Tensor:
    """Mark where this step is the one that leads along (or, with sign -1, against) the gradient."""
    sign_down, sign_right = (_sign(part) * sign for part in (down, right))
    wanted_down = torch.where(steep, sign_down, sign_down if slanted else 0)
    wanted_right = torch.where(steep, sign_right if slanted else 0, sign_right)
    return (wanted_down == step[0]) & (wanted_right == step[1])


def _sign(part: Tensor) -> Tensor:
    return torch.where(part < 0, -1, 1)


def _moved(strength: Tensor, down: int, right: int) -> Tensor:
    """Give every pixel what its neighbour at (down, right) has; 0 beyond the border."""
    height, width = strength.shape[-2:]
    return pad(strength, (1, 1, 1, 1))[..., 1 + down : 1 + down + height, 1 + right : 1 + right + width]


def connected(seeds: Tensor, places: Tensor) -> Tensor:
    """Return which places, of those marked in (batch, height, width), can be reached from the seeds by steps to 8 neighbours."""
    rim = (1, 1, 1, 1)  # so that no step leaves a picture for the next row or picture
    left = pad(places & ~seeds, rim).flatten()
    found = pad(seeds, rim)
    width = found.shape[-1]
    steps = torch.tensor([down * width + right for down, right in AROUND])
    newest = found.flatten().nonzero()
    reached = found.flatten()
    while len(newest):
        near = (newest + steps).flatten()
        newest = torch.unique(near[left[near]])[:, None]
        left[newest] = False
        reached[newest] = True
    return reached.reshape(found.shape)[:, 1:-1, 1:-1]
