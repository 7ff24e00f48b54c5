"""Windows: the part of a latent that a prompt is asked about, and how its edge blends into the rest."""

from __future__ import annotations

from typing import Final, NamedTuple

from torch import Tensor

from graphflow_nodes.diffusion.compositing import ramp

RAMP: Final = 8
"""Cells over which a window fades in at an edge inside the picture; a small window fades over a quarter of its side."""


class Window(NamedTuple):
    """A rectangle of a latent, in cells from its top left corner."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def whole(cls, latent: Tensor) -> Window:
        """Return the window that shows all of a latent, (..., height, width)."""
        return cls(0, 0, latent.shape[-2], latent.shape[-1])

    def cut(self, latent: Tensor) -> Tensor:
        """Return the part of a latent, (..., height, width), that lies in the window, as a view."""
        return latent[..., self.top : self.top + self.height, self.left : self.left + self.width]


def feathered(window: Window, latent: Tensor) -> Tensor:
    """Return the weight of each cell of a window, (1, 1, height, width) in 0..1, on the latent's device.

    It rises from 1/r to 1 over the first r cells from each edge, r = min(8, side // 4); edges that are also the
    picture's stay at 1, since nothing lies beyond them to blend into.
    """
    height, width = latent.shape[-2:]
    high, wide = (min(RAMP, side // 4) for side in (window.height, window.width))
    below, right = window.top + window.height < height, window.left + window.width < width
    rows = ramp(window.height, high if window.top else 0, high if below else 0)
    columns = ramp(window.width, wide if window.left else 0, wide if right else 0)
    return (rows[:, None] * columns)[None, None].to(latent.device)
