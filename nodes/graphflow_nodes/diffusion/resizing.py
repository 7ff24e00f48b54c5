"""Latents at another size: the usual interpolations, and one that turns directions instead of mixing them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

PARALLEL = 1e-4
"""Below this sine of the angle between two vectors a straight line and the arc are one, or no arc is the shortest."""


def resize_latent(latent: Tensor, width: int, height: int, method: str) -> Tensor:
    """Resize (batch, channels, height, width); `method` is one of torch's, or `bislerp`."""
    if (height, width) == tuple(latent.shape[-2:]):
        return latent
    if method == "bislerp":
        return bislerp(latent, width, height)
    return interpolate(latent, (height, width), mode=method)


def bislerp(latent: Tensor, width: int, height: int) -> Tensor:
    """Resize (batch, channels, height, width) like bilinear interpolation, but along arcs: `slerp`, first x, then y.

    Mixing two cells that point different ways shortens them, which a decoder shows as grey and blur; an arc keeps
    their length. Cells are sampled at their middles, as torch does without `align_corners`; nothing is smoothed when
    a side becomes smaller.
    """
    return _between(_between(latent, width, -1), height, -2)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Go from `a` to `b`, vectors along dimension 1: directions on the great circle, norms on a straight line.

    Shoemake 1985, section 3.3: direction(t) = sin((1 - t) w) / sin(w) a / |a| + sin(t w) / sin(w) b / |b|, where w is
    the angle between them. Where that is no help (a zero, the same or the opposite direction) the line is straight.
    """
    norm_a, norm_b = (torch.linalg.vector_norm(each, dim=1, keepdim=True) for each in (a, b))
    cosine = (a * b).sum(1, keepdim=True) / (norm_a * norm_b)
    angle = cosine.clamp(-1, 1).acos()
    sine = angle.sin()
    direction = ((1 - t) * angle).sin() / sine * (a / norm_a) + (t * angle).sin() / sine * (b / norm_b)
    curved = sine > PARALLEL  # false also for the NaN of a zero vector
    return torch.where(curved, direction * torch.lerp(norm_a, norm_b, t), torch.lerp(a, b, t))


def _between(latent: Tensor, size: int, dim: int) -> Tensor:
    """Resample one dimension."""
    have = latent.shape[dim]
    if have == size:
        return latent
    middles = (torch.arange(size, dtype=latent.dtype, device=latent.device) + 0.5) * (have / size) - 0.5
    middles = middles.clamp(0, have - 1)
    low = middles.floor().long()
    high = (low + 1).clamp(max=have - 1)
    t = (middles - low).reshape(-1, *[1] * (-dim - 1)).expand(*[-1] * -dim)
    return slerp(latent.index_select(dim, low), latent.index_select(dim, high), t)
