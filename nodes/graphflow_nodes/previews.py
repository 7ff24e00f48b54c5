"""Quick pictures of unfinished latents: decoded where that is little work, else by one linear map to colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from graphflow_nodes.pictures import write_jpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

SIDE = 256
"""The longer side of a preview, in pixels."""

SHOWN = 4
"""Pictures of a batch that are shown, side by side."""


class Encodes(Protocol):
    """What a preview needs of an autoencoder."""

    def encode(self, pictures: Tensor, /) -> Tensor:
        """Turn pictures (batch, height, width, 3) into latents (batch, channels, height, width)."""


class Decodes(Encodes, Protocol):
    """An autoencoder that may be light enough to show what it would really make."""

    def decode(self, latents: Tensor, /) -> Tensor:
        """Turn latents into pictures (batch, height, width, 3) in 0..1."""

    def is_light(self, latents: Tensor, /) -> bool:
        """Say whether decoding these is little work."""


class Sketcher:
    """Draws the estimates of one sampling run, learning the colours of the latents when the first is wanted.

    `load` gives the model's own autoencoder, `scale` is what brought its latents to the network's scale.
    """

    def __init__(self, load: Callable[[], Decodes], scale: float) -> None:
        self._load = load
        self._scale = scale

    @cached_property
    def colours(self) -> Tensor:
        """The map from latents to colours."""
        return fit_colours(self._load().encode)

    def draw(self, x0: Tensor) -> bytes:
        """Draw an estimate in the network's scale as a JPEG."""
        latents, autoencoder = x0[:SHOWN] / self._scale, self._load()
        if autoencoder.is_light(latents):
            return _side_by_side(autoencoder.decode(latents).cpu().numpy())
        return sketch(latents, self.colours)


def fit_colours(encode: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the linear map from an autoencoder's latent channels and 1 to red, green, blue: (channels + 1, 3).

    `encode` turns pictures (batch, height, width, 3) into latents. The map is the least-squares fit over the cells
    of a few blurred random pictures.
    """
    import torch
    from torch.nn.functional import adaptive_avg_pool2d, interpolate

    blobs = torch.rand(8, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    pictures = interpolate(blobs, (64, 64), mode="bicubic", align_corners=False).clamp(0, 1)
    latents = encode(pictures.movedim(1, -1)).double().cpu()  # (batch, channels, height, width)
    colours = adaptive_avg_pool2d(pictures.double(), (latents.shape[2], latents.shape[3])).movedim(1, -1).reshape(-1, 3)
    cells = latents.movedim(1, -1).reshape(-1, latents.shape[1])
    known = torch.cat([cells, torch.ones(len(cells), 1, dtype=torch.double)], dim=1)
    # Channels that say the same differ by rounding alone; what is below that is no colour.
    solution: Tensor = torch.linalg.lstsq(known, colours, rcond=1e-5, driver="gelsd").solution.float()
    return solution


def sketch(latents: Tensor, colours: Tensor) -> bytes:
    """Draw latents (batch, channels, height, width) as one JPEG by the map that `fit_colours` gave."""
    import numpy as np

    # By numpy: starting torch's threads for so little costs more than the work.
    shown = np.einsum("bchw,ck->bhwk", latents[:SHOWN].float().cpu().numpy(), colours[:-1].numpy())
    return _side_by_side(shown + colours[-1].numpy())


def _side_by_side(pictures: NDArray[np.float32]) -> bytes:
    """Write pictures (batch, height, width, 3) as one JPEG, none smaller than `SIDE` allows."""
    import numpy as np

    row = np.concatenate([*pictures], axis=1)
    enlarge = max(1, SIDE // max(pictures.shape[1:3]))
    return write_jpeg((np.nan_to_num(row).clip(0, 1) * 255).astype(np.uint8), enlarge=enlarge)
