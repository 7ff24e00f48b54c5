"""The mathematics: main colours by k-means."""

from __future__ import annotations

import torch
from torch import Tensor

MOST_PIXELS = 65_536
"""More say nothing new about the main colours."""


def thin_out(pictures: Tensor) -> Tensor:
    """Return at most `MOST_PIXELS` colours, (pixels, 3), spread evenly over pictures (batch, height, width, channels)."""
    pixels = pictures[..., :3].reshape(-1, 3)
    return pixels[:: max(1, len(pixels) // MOST_PIXELS)]


def spread_colours(pixels: Tensor, count: int) -> Tensor:
    """Return `count` colours to start from, each as far as can be from those before it: no randomness is needed."""
    chosen = pixels.mean(dim=0, keepdim=True)
    for _ in range(count):
        farthest = torch.cdist(pixels, chosen).amin(dim=1).argmax()
        chosen = torch.cat([chosen, pixels[farthest : farthest + 1]])
    return chosen[1:]


def improve(pixels: Tensor, colours: Tensor) -> Tensor:
    """Move each colour to the mean of the pixels nearest to it, and return them sorted by how many those are.

    Lloyd 1982, "Least squares quantization in PCM".
    """
    nearest = torch.cdist(pixels, colours).argmin(dim=1)
    counts = torch.bincount(nearest, minlength=len(colours))
    sums = torch.zeros_like(colours).index_add_(0, nearest, pixels)
    means = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], colours)
    return means[counts.argsort(descending=True, stable=True)]


def snap(pictures: Tensor, colours: Tensor) -> Tensor:
    """Give every pixel of (batch, height, width, channels) the nearest of the colours; alpha stays."""
    nearest = torch.cdist(pictures[..., :3].reshape(-1, 3), colours).argmin(dim=1)
    snapped = colours[nearest].reshape(*pictures.shape[:3], 3)
    return torch.cat([snapped, pictures[..., 3:]], dim=-1)
