"""Pictures and masks cut to what an autoencoder can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphflow.api import NodeError

if TYPE_CHECKING:
    from torch import Tensor


def whole_cells(pictures: Tensor, factor: int, *, input: str = "pixels") -> Tensor:
    """Cut the edges of (batch, height, width, channels) off evenly until both sides are whole latent cells.

    Raise NodeError at `input` when less than one cell is there.
    """
    height, width = pictures.shape[1:3]
    if min(height, width) < factor:
        raise NodeError(
            f"a picture of {width} x {height} pixels is smaller than one cell of the latent, {factor} x {factor}",
            input=input,
        )
    top, left = height % factor // 2, width % factor // 2
    return pictures[:, top : top + height // factor * factor, left : left + width // factor * factor]
