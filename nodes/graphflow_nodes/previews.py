"""Quick pictures of unfinished latents: one linear map from latent channels to colours, no decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from graphflow_nodes.pictures import write_jpeg

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 256
"""The longer side of a preview, in pixels."""

SHOWN = 4
"""Pictures of a batch that are shown, side by side."""


def fit_colours(encode: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the linear map from an autoencoder's latent channels and 1 to red, green, blue: (channels + 1, 3).

    `encode` turns pictures (batch, height, width, 3) into latents. The map is the least-squares fit over the cells
    of a few blurred random pictures.
    """
    import torch
    from torch.nn.functional import adaptive_avg_pool2d, interpolate

    blobs = torch.rand(8, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    pictures = interpolate(blobs, (64, 64), mode="bicubic", align_corners=False).clamp(0, 1)
    latents = encode(pictures.movedim(1, -1)).float().cpu()  # (batch, channels, height, width)
    colours = adaptive_avg_pool2d(pictures, latents.shape[-2:]).movedim(1, -1).reshape(-1, 3)
    return torch.linalg.lstsq(_with_one(latents).reshape(-1, latents.shape[1] + 1), colours).solution


def sketch(latents: Tensor, colours: Tensor) -> bytes:
    """Draw latents (batch, channels, height, width) as one JPEG by the map that `fit_colours` gave."""
    import torch
    from torch.nn.functional import interpolate

    shown = _with_one(latents[:SHOWN].float().cpu()) @ colours  # (batch, height, width, 3)
    row = torch.cat([*shown], dim=1).movedim(-1, 0)[None]
    scale = max(1, SIDE // max(latents.shape[-2:]))
    large = interpolate(row, scale_factor=scale, mode="bilinear", align_corners=False)[0].movedim(0, -1)
    return write_jpeg((large.clamp(0, 1) * 255).to(torch.uint8).numpy())


def _with_one(latents: Tensor) -> Tensor:
    """Put the channels last and a 1 after them."""
    import torch

    last = latents.movedim(1, -1)
    return torch.cat([last, torch.ones_like(last[..., :1])], dim=-1)
