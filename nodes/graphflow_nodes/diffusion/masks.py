"""Inpainting by a noise mask: 1 where the picture is made anew, 0 where it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from graphflow_nodes.diffusion.batches import repeat_to


def fit_mask(mask: Tensor, latent: Tensor) -> Tensor:
    """Bring a mask to a latent's size: (batch of the latent, 1, height, width), bilinear, on its device.

    Takes (height, width), (batch, height, width) or (batch, 1, height, width). A shorter batch is repeated.
    """
    mask = mask.reshape(-1, 1, *mask.shape[-2:]).to(latent.device, torch.float32)
    if mask.shape[-2:] != latent.shape[-2:]:
        mask = interpolate(mask, size=latent.shape[-2:], mode="bilinear", align_corners=False)
    return repeat_to(mask, len(latent))


def grey_inside(pictures: Tensor, mask: Tensor) -> Tensor:
    """Return pictures (batch, height, width, 3) with mid grey where the mask (batch, height, width) is above 1/2."""
    return torch.where(mask[..., None] > 0.5, 0.5, pictures)


@dataclass(frozen=True, slots=True)
class Inpainting:
    """Keep a latent outside a mask at every step of sampling.

    `mask` is (batch, 1, height, width); `latent` and `noise` are what the sampling started from.
    """

    mask: Tensor
    latent: Tensor
    noise: Tensor

    def opened(self, threshold: float, strength: float) -> Inpainting:
        """Return the inpainting of one step of differential diffusion, see `opened`."""
        return replace(self, mask=opened(self.mask, threshold, strength))

    def noised(self, x: Tensor, sigma: float) -> Tensor:
        """Return x with the outside replaced by the original, noised to the same level."""
        return torch.lerp(self.latent + self.noise * sigma, x, self.mask)

    def kept(self, x0: Tensor) -> Tensor:
        """Return an estimate with the outside replaced by the original."""
        return torch.lerp(self.latent, x0, self.mask)


def opened(mask: Tensor, threshold: float, strength: float = 1.0) -> Tensor:
    """Return the mask of one step of differential diffusion: 1 where the mask has reached the threshold, else 0.

    Levin and Fried 2023, algorithm 1: the threshold falls from 1 at the first step to 0, so the mask says from when
    on a place is made anew, and thereby how much. A place of 0 never is. The mask itself shines through where
    `strength` is below 1.
    """
    reached = (mask >= threshold) & (mask > 0)
    return torch.lerp(mask, reached.to(mask.dtype), strength)


def keep_outside(result: Tensor, original: Tensor, mask: Tensor) -> Tensor:
    """Return `result` where the mask is above zero and, bit for bit, `original` elsewhere."""
    return torch.where(mask > 0, result, original)
