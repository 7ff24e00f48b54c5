"""Pictures of one kind: grey, coloured, or coloured with alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def with_channels(pictures: Tensor, channels: int) -> Tensor:
    """Bring (..., 1, 3 or 4) to so many channels: grey is repeated, new alpha is opaque, alpha too much is dropped."""
    import torch

    if pictures.shape[-1] == 1 < channels:
        pictures = pictures.expand(*pictures.shape[:-1], 3)
    if pictures.shape[-1] == 3 and channels == 4:
        return torch.cat([pictures, torch.ones_like(pictures[..., :1])], dim=-1)
    return pictures[..., :channels]


def channels_over(below: Tensor, above: Tensor) -> int:
    """Return the channels of `above` laid over `below`: those of `below`, and never fewer than a colour takes."""
    have, other = below.shape[-1], above.shape[-1]
    return have if have == other else max(have, 3)
