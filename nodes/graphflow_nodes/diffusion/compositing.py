"""Laying one batch of pictures, masks or latents over another."""

from __future__ import annotations

import torch
from torch import Tensor


def ramp(length: int, before: int, after: int) -> Tensor:
    """Return weights that rise from one end and fall to the other, (length,).

    The i-th of the first `before` is i / before, the i-th from the end of the last `after` is i / after, where both
    meet they are multiplied, and all others are 1. A ramp longer than the whole is shortened to it.
    """
    rising = torch.arange(1, length + 1, dtype=torch.float32)
    up = (rising / max(1, min(before, length))).clamp(max=1)
    down = (rising.flip(0) / max(1, min(after, length))).clamp(max=1)
    return up * down


def paste(below: Tensor, above: Tensor, *, left: int, top: int, weight: Tensor | None = None) -> Tensor:
    """Lay `above` over `below`, both (..., height, width), with its corner at (left, top); what sticks out is cut off.

    `weight`, of the height and width of `above`, says how much of it is seen: 1 is all.
    """
    height = min(above.shape[-2], below.shape[-2] - top)
    width = min(above.shape[-1], below.shape[-1] - left)
    if height <= 0 or width <= 0:
        return below
    result = below.clone()
    place, part = result[..., top : top + height, left : left + width], above[..., :height, :width]
    place.copy_(part if weight is None else torch.lerp(place, part, weight[..., :height, :width]))
    return result
