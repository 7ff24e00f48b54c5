"""Pictures blurred, sharpened, turned into their negative, and made noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from graphflow.api import Range, Seed, node
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    from torch import Tensor

RADIUS = Range(1, 31)
SIGMA = Range(0.1, 10, step=0.1)
SHARPNESS = 10
"""A sharpening of 1 adds so many times what a blur takes away."""


@node("ImageInvert", category="image")
def image_invert(image: Image) -> Image:
    """Turn pictures into their negative; alpha too, so opaque becomes transparent."""
    return Image(1 - image.tensor)


@node("ImageBlur", category="image/postprocessing")
def image_blur(image: Image, *, blur_radius: Annotated[int, RADIUS] = 1, sigma: Annotated[float, SIGMA] = 1.0) -> Image:
    """Blur pictures by a bell of 2 * radius + 1 pixels; sigma counts in radii, so a larger radius blurs more.

    Pictures are mirrored at their edges. Alpha is blurred as well.
    """
    return Image(convolve(image.tensor, gaussian_kernel(blur_radius, sigma)))


@node("ImageSharpen", category="image/postprocessing")
def image_sharpen(
    image: Image,
    *,
    sharpen_radius: Annotated[int, RADIUS] = 1,
    sigma: Annotated[float, SIGMA] = 1.0,
    alpha: Annotated[float, Range(0, 5, step=0.01)] = 1.0,
) -> Image:
    """Sharpen pictures: add 10 * alpha times what ImageBlur of this radius and sigma takes away from them."""
    pictures = image.tensor
    blurred = convolve(pictures, gaussian_kernel(sharpen_radius, sigma))
    return Image((pictures + SHARPNESS * alpha * (pictures - blurred)).clamp(0, 1))


@node("ImageAddNoise", category="image")
def image_add_noise(
    image: Image,
    *,
    seed: Annotated[int, Seed()] = 0,
    strength: Annotated[float, Range(0, 1, step=0.01)] = 0.5,
) -> Image:
    """Add noise of a normal distribution with this deviation to each value; what leaves 0..1 is cut off."""
    import torch

    noise = torch.randn(image.tensor.shape, generator=torch.Generator().manual_seed(seed))
    return Image((image.tensor + strength * noise).clamp(0, 1))


def gaussian_kernel(radius: int, sigma: float) -> Tensor:
    """Return the weights of a Gaussian bell, (2 * radius + 1,), whose sum is 1; sigma is in units of the radius."""
    import torch

    weights = torch.exp(-(torch.linspace(-1, 1, 2 * radius + 1) ** 2) / (2 * sigma**2))
    return weights / weights.sum()


def convolve(pictures: Tensor, kernel: Tensor) -> Tensor:
    """Weigh the neighbours of each pixel of (batch, height, width, channels), along columns and then along rows.

    Beyond an edge lies the mirrored picture (the edge itself is not repeated), as often as the kernel reaches.
    """
    import torch
    from torch.nn.functional import conv1d

    for dim in (1, 2):
        radius, length = len(kernel) // 2, pictures.shape[dim]
        period = max(1, 2 * (length - 1))
        there = torch.arange(-radius, length + radius) % period
        mirrored = torch.minimum(there, period - there) if length > 1 else there
        lines = pictures.index_select(dim, mirrored).movedim(dim, -1)
        weighed = conv1d(lines.reshape(-1, 1, lines.shape[-1]), kernel[None, None])
        pictures = weighed.reshape(*lines.shape[:-1], length).movedim(-1, dim)
    return pictures.contiguous()
